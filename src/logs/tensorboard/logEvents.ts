/** TensorBoard's events (tensorflow/core/util/event.proto) as protobuf bytes; only the fields that we write. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Field numbers by message. */
const fields = {
  event: { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 },
  summary: { value: 1 },
  value: { tag: 1, simpleValue: 2, image: 4 },
  image: { height: 1, width: 2, colourSpace: 3, encoded: 4 },
  sessionLog: { status: 1 },
} as const;
const sessionStart = 1;

export interface LogMoment {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** The x-axis. */
  readonly step: number;
}

export interface LogImage {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** As PNG or another format that browsers can show. */
  readonly encoded: Uint8Array;
}

/** The first event of a file. */
export function versionEvent(wallTime: number): Uint8Array {
  return written({ wallTime, step: 0 }, (event) =>
    event.tag(fields.event.fileVersion, WireType.LengthDelimited).string('brain.Event:2'),
  );
}

/** Marks the start of a session: TensorBoard discards what earlier files of the folder contain at this step and later. */
export function sessionStartEvent(moment: LogMoment): Uint8Array {
  return written(moment, (event) => {
    const log = event.tag(fields.event.sessionLog, WireType.LengthDelimited).fork();
    log.tag(fields.sessionLog.status, WireType.Varint).int32(sessionStart).join();
  });
}

/** Numbers by tag, all for the same step. */
export function scalarsEvent(moment: LogMoment, scalars: Iterable<readonly [string, number]>): Uint8Array {
  return written(moment, (event) => {
    const summary = event.tag(fields.event.summary, WireType.LengthDelimited).fork();
    for (const [tag, number] of scalars) {
      const value = summary.tag(fields.summary.value, WireType.LengthDelimited).fork();
      value.tag(fields.value.tag, WireType.LengthDelimited).string(tag);
      // The field holds 32 bits; a number that does not fit becomes infinite, which is not an error.
      value.tag(fields.value.simpleValue, WireType.Bit32).float(Math.fround(number)).join();
    }
    summary.join();
  });
}

export function imageEvent(
  moment: LogMoment,
  tag: string,
  { height, width, channels, encoded }: LogImage,
): Uint8Array {
  return written(moment, (event) => {
    const summary = event.tag(fields.event.summary, WireType.LengthDelimited).fork();
    const value = summary.tag(fields.summary.value, WireType.LengthDelimited).fork();
    value.tag(fields.value.tag, WireType.LengthDelimited).string(tag);
    const image = value.tag(fields.value.image, WireType.LengthDelimited).fork();
    image.tag(fields.image.height, WireType.Varint).int32(height);
    image.tag(fields.image.width, WireType.Varint).int32(width);
    image.tag(fields.image.colourSpace, WireType.Varint).int32(channels);
    image.tag(fields.image.encoded, WireType.LengthDelimited).bytes(encoded).join();
    value.join();
    summary.join();
  });
}

function written({ wallTime, step }: LogMoment, what: (event: BinaryWriter) => void): Uint8Array {
  const event = new BinaryWriter();
  event.tag(fields.event.wallTime, WireType.Bit64).double(wallTime);
  event.tag(fields.event.step, WireType.Varint).int64(step);
  what(event);
  return event.finish();
}
