/** A PostgreSQL of its own, with the durability it has unless told otherwise: `fsync` and `synchronous_commit` on. */
import { spawn } from "node:child_process";
import { chmod, chown, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** It refuses to run as root. */
const NOBODY = 65_534;

export interface Postgres {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** @param home the package with its programs */
export async function startPostgres(home: string, folder: string, port: number): Promise<Postgres> {
  await linkLibraries(home);
  const data = join(folder, "postgres");
  await mkdir(data);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o755);
    await chown(data, NOBODY, NOBODY);
  }
  const as = { cwd: data, ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) };
  const program = (name: string): string => join(home, "native", "bin", name);
  await ended(spawn(program("initdb"), ["-D", data, "-U", "peer", "-A", "trust"], { ...as, stdio: "ignore" }));
  const options = [
    "-D",
    data,
    "-p",
    String(port),
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    `unix_socket_directories=${data}`,
  ];
  const server = spawn(program("postgres"), options, { ...as, stdio: ["ignore", "ignore", "pipe"] });
  const gone = new Promise<void>((resolve) => server.on("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    server.stderr.on("data", (text: Buffer) => {
      if (text.includes("ready to accept connections")) resolve();
    });
    void gone.then(() => reject(new Error("PostgreSQL did not start")));
  });
  return {
    url: `postgresql://peer@127.0.0.1:${port}/peer`,
    stop: () => {
      server.kill("SIGINT");
      return gone;
    },
  };
}

function ended(child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`initdb ended with ${String(code)}`))));
  });
}

/** The package lists links that an archive of npm cannot hold. */
async function linkLibraries(home: string): Promise<void> {
  const list = JSON.parse(await readFile(join(home, "native", "pg-symlinks.json"), "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of list) {
    const from = relative(dirname(target), source);
    await symlink(from, join(home, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
