import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findOnPath, lastLines, mustRun, run } from '../run.ts';
import { PlainError, type Progress } from '../steps.ts';
import { aptInstall } from './apt.ts';
import { cacheDir, installOnce } from './cache.ts';
import { startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { ensureJava } from './java.ts';
import { startServer, type Server } from './server.ts';
import { makeFolder, nameOfDir, reachableDir, unprivilegedUser } from './unprivileged.ts';
import { utf8Locale } from './utf8-locale.ts';

const VERSION = '3.8.0';

/** The official minimal distribution and the Korean analyser, as they lie in Maven's central repository. */
const artifacts = {
  server: { coordinates: `org.opensearch.distribution.integ-test-zip:opensearch:${VERSION}:zip`, file: `opensearch-${VERSION}.zip`, sha256: '196c3cf4602c394f2e40e6174ccbf2a924eae37246f08fa6bbb6b75f9fd5ff1f' },
  plugin: { coordinates: `org.opensearch.plugin:analysis-nori:${VERSION}:jar`, file: `analysis-nori-${VERSION}.jar`, sha256: '2682186f2dd7fd03929f708b15829e8a00702d28271726d29017f7703e9cb0eb' },
  dictionary: { coordinates: 'org.apache.lucene:lucene-analysis-nori:10.5.0:jar', file: 'lucene-analysis-nori-10.5.0.jar', sha256: '01c3052bd62f7bfaece34aef36af527951fa30e3010c79fd6f61a813ed0277b9' },
} as const;

/** Nothing here asks for these, and each makes starting longer. */
const modulesUnused = ['ingest-geoip', 'ingest-user-agent', 'opensearch-dashboards', 'percolator', 'rank-eval', 'repository-url', 'transport-grpc'];

const pluginDescriptor = `name=analysis-nori
description=Korean analysis with the nori analyser of Lucene
version=${VERSION}
opensearch.version=${VERSION}
java.version=21
classname=org.opensearch.plugin.analysis.nori.AnalysisNoriPlugin
has.native.controller=false
`;

export type OpenSearch = Server & { readonly url: string; readonly port: number; /** Where its data is. */ readonly dir: string };

type Installed = { readonly home: string; readonly java: string };

/**
 * Returns an OpenSearch 3.8 with the Korean analyser, and a Java to run it: `OPENSEARCH_HOME` (with the plugin
 * `analysis-nori`), else fetched through Maven into the cache and checked.
 * @throws a plain error that says what to install.
 */
export async function ensureOpenSearch(progress: Progress = () => {}): Promise<Installed> {
  const problems: string[] = [];
  const cache = reachableDir(cacheDir(), unprivilegedUser(), '/var/cache/parley');
  const java = await ensureJava(progress);
  if ('problem' in java) problems.push(java.problem);
  const named = process.env['OPENSEARCH_HOME'];
  let home: string | undefined;
  if (named !== undefined && existsSync(join(named, 'plugins', 'analysis-nori'))) home = named;
  else {
    try {
      home = await installOnce(`opensearch-${VERSION}`, (building) => fromMaven(building, progress), cache);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (home !== undefined && 'home' in java) return { home, java: java.home };
  throw new PlainError(`OpenSearch ${VERSION} could not be had. Install Java 21 and Maven (\`mvn\` on PATH), or name a folder with OpenSearch ${VERSION} and its plugin analysis-nori in OPENSEARCH_HOME.\n${problems.map((line) => `- ${line}`).join('\n')}`);
}

async function fromMaven(dir: string, progress: Progress): Promise<void> {
  const mvn = findOnPath('mvn') ?? (await mavenByApt(progress));
  const parts = join(dir, 'parts');
  await mkdir(parts, { recursive: true });
  for (const { coordinates, file, sha256 } of Object.values(artifacts)) {
    progress(`fetching ${file} with Maven`);
    const { code, output } = await run(mvn, ['-q', '-B', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${parts}`, '-Dmdep.useBaseVersion=true'], { cwd: dir });
    if (code !== 0 || !existsSync(join(parts, file))) throw new Error(`mvn dependency:copy ${coordinates}: ${lastLines(output, 3)}`);
    const found = await sha256Of(join(parts, file));
    if (found !== sha256) throw new Error(`${file} has the checksum ${found}, not the one that this release was tested with`);
  }
  const python = findOnPath('python3');
  if (findOnPath('unzip') !== undefined) await mustRun('unzip', ['-q', join(parts, artifacts.server.file), '-d', parts]);
  else if (python !== undefined) await mustRun(python, ['-m', 'zipfile', '-e', join(parts, artifacts.server.file), parts]);
  else throw new Error('neither unzip nor Python 3 is on PATH');
  const unpacked = join(parts, `opensearch-${VERSION}`);
  for (const name of await readdir(unpacked)) await rename(join(unpacked, name), join(dir, name));
  for (const name of modulesUnused) await rm(join(dir, 'modules', name), { recursive: true, force: true });
  for (const program of await readdir(join(dir, 'bin'))) await chmod(join(dir, 'bin', program), 0o755);
  const plugin = join(dir, 'plugins', 'analysis-nori');
  await mkdir(plugin, { recursive: true });
  await writeFile(join(plugin, 'plugin-descriptor.properties'), pluginDescriptor);
  for (const { file } of [artifacts.plugin, artifacts.dictionary]) await copyFile(join(parts, file), join(plugin, file));
  await rm(parts, { recursive: true });
}

async function mavenByApt(progress: Progress): Promise<string> {
  const problem = await aptInstall(['maven'], progress);
  const mvn = findOnPath('mvn');
  if (mvn === undefined) throw new Error(`mvn is not on PATH${problem === undefined ? '' : ` (${problem})`}`);
  return mvn;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Where a server asked to live in `dir` really lives: elsewhere when its own user cannot get there. */
export function openSearchHome(dir: string): string {
  return reachableDir(dir, unprivilegedUser(), join('/var/lib/parley', nameOfDir(dir)));
}

export type OpenSearchOptions = {
  /** Data, settings and logs live here (or, run as root below a closed folder, under /var/lib/parley). */
  readonly dir: string;
  readonly port?: number;
  readonly heapMb?: number;
};

/** Starts one node of OpenSearch on 127.0.0.1, without security: for a laptop and for tests. Resolves when it answers. */
export async function startOpenSearch({ dir: wanted, port: asked, heapMb = 512 }: OpenSearchOptions): Promise<OpenSearch> {
  const { home, java } = await ensureOpenSearch();
  const user = unprivilegedUser();
  const dir = openSearchHome(wanted);
  const port = asked ?? (await freePort());
  const transportPort = await freePort();
  const config = join(dir, 'config');
  const folders = [dir, config, join(config, 'jvm.options.d'), ...['data', 'logs', 'tmp'].map((name) => join(dir, name))];
  const files = { 'opensearch.yml': settingsOf(dir, port, transportPort), 'log4j2.properties': logSettings, 'jvm.options': await javaOptions(home, heapMb) };
  for (const folder of folders) await makeFolder(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(config, name), text);
  if (user !== undefined) for (const path of [...folders, ...Object.keys(files).map((name) => join(config, name))]) await chown(path, user.uid, user.gid);
  const server = await startServer({
    name: 'OpenSearch',
    readyMs: 180_000,
    spawn: async () => startChild({
      name: 'opensearch',
      command: join(java, 'bin', 'java'),
      args: [
        ...(await javaArguments(home, java, config)), `-Djava.io.tmpdir=${join(dir, 'tmp')}`, `-Dopensearch.path.home=${home}`, `-Dopensearch.path.conf=${config}`,
        '-Dopensearch.distribution.type=zip', '-Dopensearch.bundled_jdk=false', '-cp', classPath(home), 'org.opensearch.bootstrap.OpenSearch',
      ],
      logFile: join(dir, 'opensearch.log'),
      cwd: dir,
      stopGraceMs: 30_000,
      env: plainEnv(dir),
      ...user,
    }),
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/_cluster/health?wait_for_status=yellow&timeout=1s`)).ok,
  });
  return Object.defineProperties(server as OpenSearch, {
    url: { value: `http://127.0.0.1:${port}`, enumerable: true },
    port: { value: port, enumerable: true },
    dir: { value: dir, enumerable: true },
  });
}

/**
 * The distribution's options but for those that a laptop does better without: the vector module, which a runtime may
 * lack, files of dumps and logs, a collector and compiler that take many cores to pay off, and the agent that guards
 * against plugins, which takes a third of the start.
 */
async function javaOptions(home: string, heapMb: number): Promise<string> {
  const given = (await readFile(join(home, 'config', 'jvm.options'), 'utf8')).split('\n');
  const kept = given.filter((line) => /^[^#]/.test(line) && !/jdk\.incubator\.vector|^-Xm[sx]|HeapDump|javaagent|-Xlog:gc|ErrorFile|G1|InitiatingHeapOccupancy|io\.tmpdir/.test(line));
  return [`-Xms${heapMb}m`, `-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData', ...kept, ''].join('\n');
}

/**
 * What the distribution's own script would start Java with. The script parts it at spaces, so it cannot be used from a
 * folder that has one in its name, and starts three more Javas to ask for the password of a keystore that has none.
 */
async function javaArguments(home: string, java: string, config: string): Promise<string[]> {
  // The launcher asks for both folders, though nothing that it is given names them.
  const output = await mustRun(join(java, 'bin', 'java'), ['-cp', classPath(home), 'org.opensearch.tools.launchers.JvmOptionsParser', config], { env: { ...plainEnv(config), OPENSEARCH_PATH_CONF: config, OPENSEARCH_TMPDIR: config } });
  // The node names the policies of the agent that is left out, so they stay on the path.
  const agent = join(home, 'agent');
  const policies = (await readdir(agent)).filter((file) => file.includes('bootstrap')).map((file) => `-Xbootclasspath/a:${join(agent, file)}`);
  return [...policies, ...lastLines(output, 1).trim().split(' ')];
}

/** Java names files in the letters of its locale. JAVA_TOOL_OPTIONS and its like are meant for others. */
const plainEnv = (home: string): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home, LC_ALL: utf8Locale });
const classPath = (home: string): string => join(home, 'lib', '*');

/** Everything to standard output, which goes to a file of ours. */
const logSettings = `appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

function settingsOf(dir: string, port: number, transportPort: number): string {
  return [
    'cluster.name: parley', 'node.name: parley-1', 'discovery.type: single-node', 'network.host: 127.0.0.1',
    `http.port: ${port}`, `transport.port: ${transportPort}`,
    `path.data: ${join(dir, 'data')}`, `path.logs: ${join(dir, 'logs')}`,
    // A disk that is nearly full is a laptop's everyday; refusing writes would look like a fault of ours.
    'cluster.routing.allocation.disk.threshold_enabled: false', 'bootstrap.memory_lock: false',
    // This collector leaves garbage until it needs the room: counted as used, it has requests refused in a heap that is nearly empty.
    'indices.breaker.total.use_real_memory: false', '',
  ].join('\n');
}
