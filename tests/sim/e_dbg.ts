import { World, tupleFrom } from "./world.ts";
const FAIR = {"delayUs":500,"jitterUs":0,"loss":0.01,"duplicate":0,"corrupt":0.01,"reorder":0.01,"reorderUs":2000,"mtu":1472,"rateBps":Infinity,"queueBytes":Infinity};
const w = new World({ seed: 0, links: [{ ...FAIR, delayUs: 500, loss: 0, mtu: 1200 }, { ...FAIR, loss: 0 }], config: { initialMaxPathId: 4, maxIdleTimeoutMs: 0, streams: { streamWindow: 1000, maxStreamWindow: 4000, connectionWindow: 5000, maxConnectionWindow: 20000, bidirectional: 1, unidirectional: 1 } } });
const log = (t: string) => {
  console.log(((w.nowUs - 1e6) / 1000).toFixed(1), t);
  for (const end of w.ends) console.log("   ", end.core.side, end.closeState, "ctl", end.core.control.length, [...end.core.paths.values()].map((p) => `${p.id}:${p.phase}/${p.status} eif ${p.space.elicitingInFlight} sent ${p.counters.datagramsSent} rcv ${p.counters.datagramsReceived} pc ${p.probeCount} cur ${p.remoteIds.current !== undefined} carries ${p.carries.map((c) => c.id)} ab ${JSON.stringify(p.ids.abandonment)}`).join(" | "));
};
w.onActivity = () => { for (const end of w.ends) for (let e = end.pollEvent(); e !== undefined; e = end.pollEvent()) if (e.type === "path") console.log(((w.nowUs - 1e6) / 1000).toFixed(1), "       ", end.core.side, e.pathId, e.change); else if (e.type === "closed") console.log("CLOSED", end.core.side, e.reason); };
w.run(() => w.client.confirmed && w.server?.confirmed === true, 60e6); log("connected");
for (const n of w.nats) n.rebind();
console.log(w.client.openPath(w.nowUs, tupleFrom(1))); log("opened");
w.setLoss(0, 1);
w.run(() => false, 2998_000); log("3s");
const ids = w.server!.core.openPaths.map((p) => p.id); console.log(ids, w.server!.abandonPath(w.nowUs, ids[3 % ids.length]!));
w.run(() => false, 165_000); log("abandoned");
w.heal();
for (let i = 0; i < 20; i++) { w.client.ping(); w.run(() => false, 5e6); log("+5"); }
