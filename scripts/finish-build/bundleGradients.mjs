import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { build } from 'esbuild';

const core = '@tensorflow/tfjs-core';

/** Modules with classes or state, which must not be there twice, with what is used of them. */
const shared = {
  'engine.js': `import { engine } from '${core}'; export const ENGINE = engine();`,
  'environment.js': `export { env } from '${core}';`,
  'tensor.js': `import { Tensor } from '${core}'; export { Tensor }; export const getGlobalTensorClass = () => Tensor;`,
};

/**
 * Writes dist/coreGradients.js, which registers the gradients of all operations of tfjs-core. tfjs-core has them only as modules
 * that Node cannot load, and tfjs-layers, which registers them as well, takes 31 MB.
 * @param {string} root the package's folder
 */
export async function bundleGradients(root) {
  const require = createRequire(join(root, 'package.json'));
  const folder = join(dirname(require.resolve(`${core}/package.json`)), 'dist');
  await build({
    entryPoints: [join(folder, 'register_all_gradients.js')],
    outfile: join(root, 'dist/coreGradients.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: [core],
    logLevel: 'warning',
    plugins: [publicModules(folder, new Set(Object.keys(require(core))))],
  });
  await writeFile(join(root, 'dist/coreGradients.d.ts'), 'export {};\n');
}

/** Takes from the package itself what it exports, so that there is one engine, one class of tensors and one registry. */
function publicModules(folder, publicNames) {
  return {
    name: 'public modules of tfjs-core',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path }) => {
        const module = relative(folder, path).split(sep).join('/');
        if (shared[module]) return from(shared[module]);
        const names = exportedNames(await readFile(path, 'utf8'));
        const arePublic = names.length > 0 && names.every((name) => publicNames.has(name));
        return arePublic ? from(`export { ${names.join(', ')} } from '${core}';`) : undefined;
      });
    },
  };

  function from(contents) {
    return { contents, resolveDir: folder };
  }
}

function exportedNames(source) {
  const declared = source.matchAll(/^export (?:async )?(?:function|const|let|class) (\w+)/gm);
  const listed = source.matchAll(/^export \{([^}]*)\}/gm);
  const lastWord = (text) => text.trim().split(' ').at(-1);
  return [
    ...[...declared].map(([, name]) => name),
    ...[...listed].flatMap(([, names]) => names.split(',').map(lastWord)),
  ];
}
