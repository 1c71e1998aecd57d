/**
 * The web servers of Debian, each as one process without children, so that it ends with the network.
 *
 * @module
 */
import type { Lab } from "../../lib/lab/mod.ts";
import type { RunningProcess } from "../support/command.ts";
import type { Need } from "../support/requires.ts";
import { listening, writeInside } from "./support.ts";

/** How to run a web server that answers every request. */
export interface WebServer {
  readonly name: string;
  readonly needs: readonly Need[];
  /** What the answer of its data phase looks like. */
  readonly answer: RegExp;
  /** The configuration file, given a folder that the server may write to. */
  config(folder: string): string;
  /** The command, given the path of the configuration file. */
  argv(config: string): readonly string[];
}

/** The port of every web server here: each has a network of its own. */
export const WEB_PORT = 8080;

/** nginx, `nginx-light` of Debian. */
export const NGINX: WebServer = {
  name: "nginx",
  needs: ["tool:nginx"],
  answer: /^HTTP 200 from nginx\//,
  config: (folder) =>
    nginxConfig(folder, [`listen ${WEB_PORT}; listen [::]:${WEB_PORT};`, 'return 200 "hello\\n";']),
  argv: nginxArgv,
};

/** nginx whose listener has an accept filter of one second, the shortest that there is. */
export const NGINX_DEFERRED: WebServer = {
  ...NGINX,
  name: "nginx with deferred",
  config: (folder) => nginxConfig(folder, [`listen ${WEB_PORT} deferred;`, 'return 200 "hello\\n";']),
};

/** nginx with TLS; `writeInside` has put `cert.pem` and `key.pem` where the configuration is. */
export const NGINX_TLS: WebServer = {
  name: "nginx with TLS",
  needs: ["tool:nginx", "tool:openssl"],
  answer: /^TLSv1\.[23], ALPN http\/1\.1$/,
  config: (folder) =>
    nginxConfig(folder, [
      `listen ${WEB_PORT} ssl;`,
      `ssl_certificate ${folder}/cert.pem;`,
      `ssl_certificate_key ${folder}/key.pem;`,
      'return 200 "hello\\n";',
    ]),
  argv: nginxArgv,
};

/** HAProxy. */
export const HAPROXY: WebServer = {
  name: "HAProxy",
  needs: ["tool:haproxy"],
  answer: /^HTTP 200$/,
  config: () => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend web
  bind 0.0.0.0:${WEB_PORT}
  http-request return status 200 content-type text/plain string hello
`,
  argv: (config) => ["haproxy", "-db", "-f", config],
};

/** HAProxy whose listener has an accept filter of one second. */
export const HAPROXY_DEFERRED: WebServer = {
  ...HAPROXY,
  name: "HAProxy with defer-accept",
  config: (folder) => HAPROXY.config(folder).replace(/^ {2}bind .*$/m, "$& defer-accept"),
};

/** Apache httpd with its default `AcceptFilter http data`, which sets TCP_DEFER_ACCEPT on the listener. */
export const HTTPD: WebServer = {
  name: "Apache httpd",
  needs: ["tool:apache2", "tool:unshare"],
  answer: /^HTTP 200 from Apache\//,
  config: (folder) => `
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
ServerName localhost
ServerRoot ${folder}
DocumentRoot ${folder}
DirectoryIndex web.conf
PidFile ${folder}/httpd.pid
ErrorLog /dev/stderr
Mutex posixsem
Listen ${WEB_PORT}
`,
  // httpd refuses to serve as root, and a user namespace has no other user to change to: it gets one of its own.
  argv: (config) => [
    ...["unshare", "--user", "--map-user=33", "--map-group=33", "--"],
    ...["setpriv", "--pdeathsig=KILL", "--"],
    ...["apache2", "-X", "-f", config],
  ],
};

/** Apache httpd whose listener takes connections, and so joins, at once. */
export const HTTPD_AT_ONCE: WebServer = {
  ...HTTPD,
  name: "Apache httpd with AcceptFilter http none",
  config: (folder) => `${HTTPD.config(folder)}AcceptFilter http none\n`,
};

/** The command that makes a program's TCP sockets MPTCP ones, by LD_PRELOAD. */
export const MPTCPIZE: readonly string[] = ["mptcpize", "run"];

/** Starts a web server on the server of a network and waits until it listens. */
export async function startWebServer(
  network: Lab,
  server: WebServer,
  launcher: readonly string[] = [],
): Promise<RunningProcess> {
  const folder = "/run/peer";
  if (server === NGINX_TLS) await makeCertificate(network, folder);
  const config = await writeInside(network, "peer/web.conf", server.config(folder));
  const program = network.spawn("server", [...launcher, ...server.argv(config)], { deadlineMs: 120_000 });
  await listening(network, "server", WEB_PORT, program);
  return program;
}

async function makeCertificate(network: Lab, folder: string): Promise<void> {
  await network.output("server", ["mkdir", "-p", folder]);
  await network.output("server", [
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...[
      "-subj",
      "/CN=server.test",
      "-days",
      "2",
      "-keyout",
      `${folder}/key.pem`,
      "-out",
      `${folder}/cert.pem`,
    ],
  ]);
}

function nginxConfig(folder: string, lines: readonly string[]): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) =>
    `${kind}_temp_path ${folder}/${kind};`
  );
  // As root, nginx hands its folders over to another user, whom a user namespace does not have.
  return `
user root;
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.join("\n  ")}
  server {
    ${lines.join("\n    ")}
  }
}
`;
}

function nginxArgv(config: string): readonly string[] {
  // Before it reads the configuration nginx opens the error log that it was built with.
  return ["nginx", "-e", "stderr", "-c", config];
}
