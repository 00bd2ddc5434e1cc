/**
 * Several hosts on this machine: network namespaces with names of their own, joined by a bridge. mpirun on the first starts ranks on the
 * others with a remote shell that enters their namespaces.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noMpi } from './mpirun.js';

const run = (...words: string[]) => spawnSync(words[0] as string, words.slice(1), { encoding: 'utf8' });

function ip(...words: string[]): void {
  const { status, stderr } = run('ip', ...words);
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

/** Why there can be no hosts here; empty if there can. */
export const noHosts = noMpi || whyNoNamespaces();

function whyNoNamespaces(): string {
  if (process.getuid?.() !== 0) return 'namespaces need root';
  const name = `nvae${process.pid}x`;
  const { status, error } = run('ip', 'netns', 'add', name);
  if (error) return 'there is no command ip';
  if (status !== 0) return 'this machine allows no network namespaces';
  const { status: bridged } = run('ip', '-n', name, 'link', 'add', 'name', 'switch', 'type', 'bridge');
  run('ip', 'netns', 'delete', name);
  return bridged === 0 ? '' : 'this machine allows no bridges';
}

export interface Hosts {
  /** Runs the command after it on the first host. */
  readonly through: readonly string[];
  /** Arguments of mpirun for ranks on all hosts, the same number on each. */
  readonly args: readonly string[];
  /** Takes the cable out that leads to a host, from 0. */
  cut(host: number): void;
  /** Also ends what still runs on them. */
  remove(): void;
}

/** Makes hosts; `folder` is for the remote shell. */
export function makeHosts(count: number, folder: string): Hosts {
  const prefix = `nvae${process.pid}h`;
  const network = `${prefix}s`; // the switch is in a namespace of its own
  const address = (host: number) => `10.77.0.${host + 1}`;
  const hosts = Array.from({ length: count }, (_, host) => host);
  ip('netns', 'add', network);
  ip('-n', network, 'link', 'add', 'name', 'switch', 'type', 'bridge');
  ip('-n', network, 'link', 'set', 'switch', 'up');
  for (const host of hosts) {
    const name = `${prefix}${host + 1}`;
    ip('netns', 'add', name);
    ip(
      '-n',
      network,
      'link',
      'add',
      'name',
      `port${host}`,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      name,
    );
    ip('-n', network, 'link', 'set', `port${host}`, 'master', 'switch', 'up');
    ip('-n', name, 'address', 'add', `${address(host)}/24`, 'dev', 'eth0');
    for (const device of ['lo', 'eth0']) ip('-n', name, 'link', 'set', device, 'up');
  }
  // Hosts have the names of their namespaces. As for ssh: a host, and words for its shell.
  const shell = join(folder, 'remote-shell');
  const enter = `ip netns exec "${prefix}\${host##*.}" unshare --uts sh -c`;
  writeFileSync(shell, `#!/bin/sh\nhost=$1\nshift\nexec ${enter} "hostname ${prefix}\${host##*.}; $*"\n`);
  chmodSync(shell, 0o755);
  const onFirst = `hostname ${prefix}1; exec "$@"`;
  return {
    through: ['ip', 'netns', 'exec', `${prefix}1`, 'unshare', '--uts', 'sh', '-c', onFirst, 'sh'],
    args: [
      ...['--host', hosts.map((host) => `${address(host)}:8`).join()],
      ...['--map-by', 'node'],
      ...['--mca', 'plm_rsh_agent', shell],
      ...['--mca', 'btl', 'tcp,self'],
    ],
    cut: (host) => ip('-n', network, 'link', 'set', `port${host}`, 'nomaster'),
    remove: () => {
      for (const name of [network, ...hosts.map((host) => `${prefix}${host + 1}`)]) {
        const left = run('ip', 'netns', 'pids', name).stdout.split('\n').filter(Boolean);
        if (left.length > 0) run('kill', '-9', ...left);
        run('ip', 'netns', 'delete', name);
      }
    },
  };
}
