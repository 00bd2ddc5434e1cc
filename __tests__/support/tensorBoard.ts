/** Reads TensorBoard's event files with other libraries than those that write them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import protobuf from 'protobufjs';

/** The parts of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto that are read here. */
const proto = `
syntax = "proto3";
message SessionLog { int32 status = 1; }
message Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }
message Value { string tag = 1; oneof value { float simple_value = 2; Image image = 4; } }
message Summary { repeated Value value = 1; }
message Event {
  double wall_time = 1;
  int64 step = 2;
  oneof what { string file_version = 3; Summary summary = 5; SessionLog session_log = 7; }
}`;
const eventType = protobuf.parse(proto).root.lookupType('Event');

export interface LoggedImage {
  readonly height: number;
  readonly width: number;
  readonly colorspace: number;
  readonly encodedImageString: Uint8Array;
}

export interface LoggedEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly sessionLog?: { readonly status: number };
  readonly summary?: {
    readonly value: readonly {
      readonly tag: string;
      readonly simpleValue?: number;
      readonly image?: LoggedImage;
    }[];
  };
}

/** The events in complete records; fails if a checksum or the framing is wrong. */
export function readRecords(bytes: Buffer): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    if (data.length !== length)
      throw new Error(`record at ${at}: expected ${length} bytes, got ${data.length}`);
    const sums = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12 + length)];
    const expected = [bytes.subarray(at, at + 8), data].map((part) => masked(crc32c(part)));
    if (`${sums}` !== `${expected}`)
      throw new Error(`record at ${at}: expected checksums ${expected}, got ${sums}`);
    events.push({ step: 0, ...eventType.toObject(eventType.decode(data), { longs: Number }) } as LoggedEvent);
    at += length + 16;
  }
  return events;
}

/** All events of a folder, in the order in which TensorBoard reads them. */
export async function readLog(folder: string): Promise<LoggedEvent[]> {
  const files = (await readdir(folder)).filter((name) => name.includes('tfevents')).sort();
  return (await Promise.all(files.map((file) => readFile(join(folder, file))))).flatMap(readRecords);
}

/** The points of a tag as TensorBoard shows them: the start of a session discards earlier points at its step and later. */
export function pointsOf(events: readonly LoggedEvent[], tag: string): [number, number | undefined][] {
  let points: [number, number | undefined][] = [];
  for (const { step, sessionLog, summary } of events) {
    if (sessionLog?.status === 1) points = points.filter(([x]) => x < step);
    for (const value of summary?.value ?? []) if (value.tag === tag) points.push([step, value.simpleValue]);
  }
  return points;
}

function masked(crc: number): number {
  const turned = ((BigInt(crc) >> 15n) | (BigInt(crc) << 17n)) & 0xffffffffn;
  return Number((turned + 0xa282ead8n) & 0xffffffffn);
}
