/** Reads pickles that hold tensors and plain data. Nothing that a pickle names is looked up or called. */
import { cut, printable } from '../../base/messageText.js';
import { CheckpointError } from '../../checkpoint/checkpointError.js';
import { damaged } from '../damaged.js';
import type { PickleValue } from '../pickleValue.js';
import { TorchStorage } from '../torchTensor.js';
import { describeItem } from './describeItem.js';
import { describeOpcode } from './describeOpcode.js';
import { globalKey, meanings } from './globals.js';
import { type Item, PickleFloat, PickleGlobal, type TupleItem, type TupleNotes } from './items.js';
import { opcodes } from './opcodes.js';
import { PickleBytes } from './pickleBytes.js';
import { type Arguments, parameterFrom, storageFrom, tensorFrom } from './torchCalls.js';

/**
 * One byte of a pickle can make a value of 200 bytes, so they are counted, in units of about 50 bytes of memory. A checkpoint of 5000
 * weights has 900,000.
 */
const mostUnits = 2_000_000;
const unitsOf = { dict: 8, list: 4, tuple: 3, other: 2, memo: 1, mark: 1 } as const;

/** Programs write lists and dicts by the thousand values; only tuples are longer. */
const highestStack = 1_000_000;

export interface Unpickled {
  readonly content: PickleValue;
  /** Storages of all tensors, by key. */
  readonly storages: ReadonlyMap<string, TorchStorage>;
  /** Position after the pickle. */
  readonly end: number;
}

/**
 * Reads one pickle of protocol 2.
 * @param bytes contains the pickle
 * @param where names the file in messages
 * @param start position of the pickle
 * @throws CheckpointError when it is damaged, or contains anything but tensors and plain data
 */
export function unpickle(bytes: Uint8Array, where: string, start = 0): Unpickled {
  return new Machine(bytes, where, start).run();
}

class Machine {
  readonly #where: string;
  readonly #bytes: PickleBytes;
  readonly #stack: Item[] = [];
  /** Heights of the stack at each open mark. What is below the last cannot be taken. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Item>();
  readonly #tuples = new Map<Item, TupleNotes>();
  readonly #orderedDicts = new Set<Item>();
  readonly #storages = new Map<string, TorchStorage>();
  #units = 0;
  /** What each opcode does. */
  readonly #actions = new Map<number, () => void>([
    [opcodes.MARK, () => this.#marks.push(this.#counted(this.#stack.length, 'mark'))],
    [opcodes.NONE, () => this.#push(null)],
    [opcodes.NEWTRUE, () => this.#push(true)],
    [opcodes.NEWFALSE, () => this.#push(false)],
    [opcodes.BININT, () => this.#push(this.#bytes.int32())],
    [opcodes.BININT1, () => this.#push(this.#bytes.uint8())],
    [opcodes.BININT2, () => this.#push(this.#bytes.uint16())],
    [opcodes.LONG1, () => this.#push(this.#bytes.integer(this.#bytes.uint8()))],
    [opcodes.BINFLOAT, () => this.#push(new PickleFloat(this.#bytes.float64()))],
    [opcodes.BINUNICODE, () => this.#push(this.#bytes.text(this.#bytes.uint32()))],
    [opcodes.EMPTY_DICT, () => this.#push(this.#counted(new Map(), 'dict'))],
    [opcodes.EMPTY_LIST, () => this.#push(this.#counted([], 'list'))],
    [opcodes.EMPTY_TUPLE, () => this.#pushTuple([])],
    [opcodes.TUPLE1, () => this.#pushTuple([this.#pop()])],
    [opcodes.TUPLE2, () => this.#pushTuple([this.#pop(), this.#pop()].reverse())],
    [opcodes.TUPLE3, () => this.#pushTuple([this.#pop(), this.#pop(), this.#pop()].reverse())],
    [opcodes.TUPLE, () => this.#pushTuple(this.#popMarked())],
    [opcodes.APPEND, () => this.#append([this.#pop()])],
    [opcodes.APPENDS, () => this.#append(this.#popMarked())],
    [opcodes.SETITEM, () => this.#setItems([this.#pop(), this.#pop()].reverse())],
    [opcodes.SETITEMS, () => this.#setItems(this.#popMarked())],
    [opcodes.BINPUT, () => this.#put(this.#bytes.uint8())],
    [opcodes.LONG_BINPUT, () => this.#put(this.#bytes.uint32())],
    [opcodes.BINGET, () => this.#get(this.#bytes.uint8())],
    [opcodes.LONG_BINGET, () => this.#get(this.#bytes.uint32())],
    [opcodes.GLOBAL, () => this.#push(this.#global(this.#bytes.line(), this.#bytes.line()))],
    [opcodes.BINPERSID, () => this.#push(this.#storage(this.#pop()))],
    [opcodes.REDUCE, () => this.#reduce()],
    [opcodes.BUILD, () => this.#build()],
  ]);

  constructor(bytes: Uint8Array, where: string, start: number) {
    this.#where = where;
    this.#bytes = new PickleBytes(bytes, start, where);
  }

  run(): Unpickled {
    this.#protocol();
    for (let opcode = this.#bytes.uint8(); opcode !== opcodes.STOP; opcode = this.#bytes.uint8()) {
      this.#execute(opcode);
    }
    const item = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0) {
      throw damaged(this.#where, 'its pickle ends with more than one value');
    }
    return { content: this.#content(item), storages: this.#storages, end: this.#bytes.position };
  }

  #protocol(): void {
    const opcode = this.#bytes.uint8();
    if (opcode !== opcodes.PROTO) {
      throw damaged(this.#where, `expected a pickle of protocol 2, got the opcode ${describeOpcode(opcode)}`);
    }
    const protocol = this.#bytes.uint8();
    if (protocol === 2) return;
    const remedy = 'save it again with torch.save(content, path)';
    throw new CheckpointError(this.#where, `its pickle has protocol ${protocol} (expected 2); ${remedy}`);
  }

  #execute(opcode: number): void {
    const action = this.#actions.get(opcode);
    if (!action) {
      const name = `the opcode ${describeOpcode(opcode)} at byte ${this.#bytes.position - 1}`;
      const problem = `its pickle uses ${name}, which no file of weights needs, so it was not read`;
      throw new CheckpointError(this.#where, problem);
    }
    action();
  }

  #push(item: Item): void {
    if (this.#stack.push(item) > highestStack) throw this.#tooMany();
  }

  #top(): Item {
    const floor = this.#marks.at(-1) ?? 0;
    const item = this.#stack.length > floor ? this.#stack.at(-1) : undefined;
    if (item === undefined) throw this.#fault('takes a value where there is none');
    return item;
  }

  #pop(): Item {
    const item = this.#top();
    this.#stack.pop();
    return item;
  }

  #popMarked(): Item[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#fault('takes values where there are none');
    return this.#stack.splice(mark);
  }

  /** Counts a value that takes memory, and returns it. */
  #counted<T>(value: T, kind: keyof typeof unitsOf): T {
    this.#units += unitsOf[kind];
    if (this.#units > mostUnits) throw this.#tooMany();
    return value;
  }

  #tooMany(): CheckpointError {
    const problem = 'its pickle has far more values than a checkpoint (millions)';
    return new CheckpointError(this.#where, `${problem}; not read`);
  }

  #put(key: number): void {
    this.#memo.set(this.#counted(key, 'memo'), this.#top());
  }

  #get(key: number): void {
    const item = this.#memo.get(key);
    if (item === undefined) throw this.#fault(`refers to value ${key}, which it does not have`);
    this.#push(item);
  }

  #pushTuple(items: readonly Item[]): void {
    const tuple = items.map((item) => (item instanceof PickleFloat ? item.value : item));
    this.#tuples.set(this.#counted(tuple as PickleValue, 'tuple'), {
      hasFloat: items.some((item) => item instanceof PickleFloat),
      isInternal: items.some((item) => this.#isInternal(item)),
    });
    this.#push(tuple as PickleValue);
  }

  #asTuple(item: Item | undefined): Arguments | undefined {
    const notes = item === undefined ? undefined : this.#tuples.get(item);
    return notes && { items: item as readonly TupleItem[], hasFloat: notes.hasFloat };
  }

  #isInternal(item: Item): boolean {
    if (item instanceof PickleGlobal || item instanceof TorchStorage) return true;
    return this.#tuples.get(item)?.isInternal ?? false;
  }

  /** The item as a part of the content. */
  #content(item: Item): PickleValue {
    if (item instanceof PickleFloat) return item.value;
    if (this.#isInternal(item)) throw this.#fault(`has ${describeItem(item)} where a value is expected`);
    return item as PickleValue;
  }

  #append(items: readonly Item[]): void {
    const list = this.#top();
    if (!Array.isArray(list) || this.#tuples.has(list)) {
      throw this.#fault(`appends to ${describeItem(list)}, which is no list`);
    }
    for (const item of items) list.push(this.#content(item));
  }

  #setItems(items: readonly Item[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map)) throw this.#fault(`sets a key of ${describeItem(dict)}, which is no dict`);
    if (items.length % 2 !== 0) throw this.#fault('has a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      const key = this.#content(items[i] as Item);
      const isMutable = typeof key === 'object' && key !== null && !this.#tuples.has(key);
      if (isMutable) throw this.#fault(`has ${describeItem(key)} as a key`);
      if (dict.has(key)) throw this.#fault(`has the key ${describeItem(key)} twice in one dict`);
      dict.set(key, this.#content(items[i + 1] as Item));
    }
  }

  #global(module: string, name: string): PickleGlobal {
    const text = cut(printable(`${module}.${name}`));
    const meaning = meanings.get(globalKey(module, name));
    if (meaning) return new PickleGlobal(meaning, text);
    const isOtherTensor = /^torch\b/.test(module) && /Storage$|^_rebuild_\w*tensor/.test(name);
    const what = isOtherTensor ? 'a kind of tensor that is not read' : 'neither a tensor nor plain data';
    const problem = `its pickle names ${text}, which is ${what}; nothing was run`;
    const remedy = 'save only a state_dict: torch.save({"state_dict": model.state_dict()}, path)';
    throw new CheckpointError(this.#where, `${problem}; ${remedy}`);
  }

  #storage(id: Item): TorchStorage {
    const storage = storageFrom(this.#asTuple(id), this.#where);
    const known = this.#storages.get(storage.key);
    if (known && (known.kind !== storage.kind || known.length !== storage.length)) {
      const both = `${known.length} ${known.kind} and ${storage.length} ${storage.kind} values`;
      throw damaged(this.#where, `storage ${storage.key} has both ${both}`);
    }
    if (!known) this.#storages.set(storage.key, this.#counted(storage, 'other'));
    return known ?? storage;
  }

  #reduce(): void {
    const values = this.#asTuple(this.#pop());
    const callee = this.#pop();
    if (!(callee instanceof PickleGlobal)) throw this.#fault(`calls ${describeItem(callee)}`);
    if (!values) throw this.#fault(`calls ${callee.text} without a tuple of arguments`);
    this.#push(this.#call(callee, values));
  }

  #call({ meaning, text }: PickleGlobal, values: Arguments): Item {
    if (meaning === 'tensor') {
      return this.#counted(
        tensorFrom(values, (item) => this.#asTuple(item), this.#where),
        'other',
      );
    }
    if (meaning === 'parameter') return parameterFrom(values, this.#where);
    if (meaning !== 'ordered dict' || values.items.length > 0) {
      throw this.#fault(`calls ${text} with ${values.items.length} arguments`);
    }
    const dict = this.#counted(new Map<PickleValue, PickleValue>(), 'dict');
    this.#orderedDicts.add(dict);
    return dict;
  }

  /** Attributes of an OrderedDict (PyTorch's `_metadata`) mean nothing here. */
  #build(): void {
    const state = this.#content(this.#pop());
    const target = this.#top();
    if (!this.#orderedDicts.has(target)) throw this.#fault(`sets attributes of ${describeItem(target)}`);
    if (!(state instanceof Map)) throw this.#fault(`sets attributes to ${describeItem(state)}`);
  }

  #fault(problem: string): CheckpointError {
    return damaged(this.#where, `its pickle ${problem} (before byte ${this.#bytes.position})`);
  }
}
