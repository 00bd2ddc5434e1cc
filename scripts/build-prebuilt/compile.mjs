import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { runZig } from './zig.mjs';

const extraSets = { x64: ['avx2', 'avx512'], arm64: [] };

/**
 * Compiles the addon for a platform.
 * @param {{ root: string, work: string, headers: string, zig: readonly string[] }} tools the package's folder, an empty folder
 *   for object files, a folder with Node's headers, and zig's command
 * @param {import('./platforms.mjs').Platform} platform
 * @param {string} output path of the addon
 */
export async function compile({ root, work, headers, zig }, platform, output) {
  const native = join(root, 'native');
  const flags = JSON.parse(readFileSync(join(native, 'flags.json'), 'utf8'));
  const common = ['-target', platform.target, ...flags.all, ...flags.cpp, '-DNAPI_VERSION=8'];
  const code = platform.os === 'win32' ? [] : ['-fPIC', '-fvisibility=hidden'];
  const include = [`-I${native}`, `-I${headers}`];
  const units = sourcesOf(native, platform.cpu).map(({ path, set }) => {
    const object = join(work, `${basename(path, '.cc')}.o`);
    return { object, args: ['c++', ...common, ...code, ...include, ...flags[set], '-c', path, '-o', object] };
  });
  await inParallel(
    units.map(
      ({ args }) =>
        () =>
          runZig(zig, args),
    ),
  );
  const libraries = await linkArguments(platform, { work, headers, zig });
  const objects = units.map(({ object }) => object);
  await runZig(zig, [
    'c++',
    '-target',
    platform.target,
    '-shared',
    '-s',
    ...objects,
    ...libraries,
    '-o',
    output,
  ]);
}

/** Every source file, with the name of its flags. */
function sourcesOf(native, cpu) {
  const all = ['binding', 'runtime'].flatMap((folder) =>
    readdirSync(join(native, folder))
      .filter((name) => name.endsWith('.cc'))
      .map((name) => ({ path: join(native, folder, name), set: 'portable' })),
  );
  const sets = ['portable', ...extraSets[cpu]];
  return [...sets.map((set) => ({ path: join(native, `isa/${set}.cc`), set })), ...all];
}

async function linkArguments({ os }, tools) {
  // Worker threads of the pool may outlive the environment that loaded the addon: its code must stay mapped.
  if (os === 'linux') return ['-Wl,-z,nodelete', '-lpthread'];
  if (os === 'darwin') return ['-Wl,-undefined,dynamic_lookup', '-Wl,-install_name,@rpath/nvae.node'];
  return [await importLibrary(tools)];
}

/** Node.exe exports Node-API, and Windows wants to know from which module each function comes. */
async function importLibrary({ work, headers, zig }) {
  const declared = ['js_native_api.h', 'node_api.h']
    .map((name) => readFileSync(join(headers, name), 'utf8'))
    .join('\n');
  const names = [...new Set(declared.match(/\bnapi_\w+(?=\()/g))].sort();
  const definition = join(work, 'node.def');
  writeFileSync(definition, `LIBRARY node.exe\nEXPORTS\n${names.map((name) => `  ${name}\n`).join('')}`);
  const library = join(work, 'node.lib');
  await runZig(zig, ['dlltool', '-m', 'i386:x86-64', '-d', definition, '-l', library]);
  return library;
}

async function inParallel(tasks) {
  const waiting = [...tasks];
  const worker = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}
