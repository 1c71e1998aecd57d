/** Options of {@linkcode doctor}. */
export interface DoctorOptions {
  /** Whether to try socket options on MPTCP sockets, which makes connections over loopback. @default {false} */
  readonly sockopts?: boolean;
  /** Ends the run with what is known. */
  readonly signal?: AbortSignal;
}

/** Every option with its value. */
export interface DoctorPlan {
  readonly sockopts: boolean;
}

/** What will be done, decided before anything is. */
export function planDoctor(options: DoctorOptions): DoctorPlan {
  return { sockopts: options.sockopts ?? false };
}
