import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const packageNameOf = ({ name }) => `@rx-nvae/native-${name}`;

/** Writes all of a platform's package but its addon into the folder. */
export function writePackage(root, folder, platform) {
  const { version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { os, cpu, libc } = platform;
  const manifest = {
    name: packageNameOf(platform),
    version,
    description: `The native engine of rx-nvae for ${platform.name}`,
    license,
    engines,
    main: 'nvae.node',
    files: ['nvae.node'],
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(folder, 'README.md'),
    `# ${manifest.name}\n\nThe compiled kernels of [rx-nvae](https://www.npmjs.com/package/rx-nvae) for ${platform.name}. It is installed with rx-nvae; there is no need to install it by itself.\n`,
  );
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}
