import * as fs from "node:fs";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { CardError } from "../errors.ts";
import type { Nvm } from "../virtual/nvm.ts";
import { decodeCardFile, encodeCardFile, encodeFrame, FILE_HEADER_BYTES } from "./card-file.ts";
import type { NvmWrite } from "./card-file.ts";
import type { NvmStats } from "./transport.ts";

const fdatasync = promisify(fs.fdatasync);
const PRIVATE = 0o600;
/** The journal is folded into the image when it has grown to the image's size, but not below this. */
const SMALLEST_FOLD_BYTES = 1 << 20;

/**
 * A memory in one file. What a command wrote is collected and, by {@link flush}, goes out in a single write before
 * the command is answered: after kill -9 a command's writes are all there or none is, and what was answered is.
 */
export class FileNvm implements Nvm {
  readonly #path: string;
  readonly #image: Uint8Array;
  #fd: number;
  #end: number;
  #checksum: number;
  #writes: NvmWrite[] = [];
  #stats = { writes: 0, atomicWrites: 0, bytesWritten: 0 };

  private constructor(path: string, fd: number, file: Uint8Array) {
    const decoded = decodeCardFile(file);
    if (!decoded) throw new CardError("CARD_MALFORMED", `${path} is not a card's file`);
    this.#path = path;
    this.#image = decoded.image;
    this.#fd = fd;
    this.#end = decoded.end;
    this.#checksum = decoded.checksum;
    if (file.length > decoded.end) fs.ftruncateSync(fd, decoded.end);
  }

  /** @throws CardError CARD_ABSENT where there is no file, CARD_MALFORMED where it is no card's */
  static open(path: string): FileNvm {
    const fd = openFile(path);
    try {
      return new FileNvm(path, fd, fs.readFileSync(fd));
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }

  /** Makes the file with mode 0600. @throws CardError CARD_EXISTS where there is one */
  static create(path: string, image: Uint8Array): void {
    if (fs.existsSync(path)) throw new CardError("CARD_EXISTS", `${path} exists`);
    replaceFile(path, encodeCardFile(image));
  }

  get sizeBytes(): number {
    return this.#image.length;
  }

  get stats(): NvmStats {
    return { ...this.#stats };
  }

  read(address: number, length: number): Uint8Array {
    return this.#image.subarray(address, address + length);
  }

  write(address: number, bytes: Uint8Array, isAtomic: boolean): void {
    this.#image.set(bytes, address);
    this.#writes.push({ address, bytes: bytes.slice() });
    this.#stats.writes++;
    this.#stats.bytesWritten += bytes.length;
    if (isAtomic) this.#stats.atomicWrites++;
  }

  /** Hands what was written to the operating system. @returns whether there was anything */
  flush(): boolean {
    if (this.#writes.length === 0) return false;
    const frame = encodeFrame(this.#writes, this.#checksum);
    this.#writes = [];
    writeAll(this.#fd, frame.bytes, this.#end);
    this.#end += frame.bytes.length;
    this.#checksum = frame.checksum;
    if (this.#journalBytes() > Math.max(SMALLEST_FOLD_BYTES, this.#image.length)) this.#fold();
    return true;
  }

  /** Waits until what was flushed also survives a loss of the computer's power. */
  async sync(): Promise<void> {
    await fdatasync(this.#fd);
  }

  close(): void {
    fs.fsyncSync(this.#fd);
    fs.closeSync(this.#fd);
  }

  #journalBytes(): number {
    return this.#end - FILE_HEADER_BYTES - this.#image.length;
  }

  /** A new file takes the old one's place in one step; one that is left half written is never looked at. */
  #fold(): void {
    const file = encodeCardFile(this.#image);
    replaceFile(this.#path, file);
    fs.closeSync(this.#fd);
    this.#fd = openFile(this.#path);
    this.#end = file.length;
    this.#checksum = crc32(this.#image);
  }
}

const openFile = (path: string): number => {
  try {
    return fs.openSync(path, "r+");
  } catch (cause) {
    throw new CardError("CARD_ABSENT", `cannot open ${path}`, { cause });
  }
};

const replaceFile = (path: string, bytes: Uint8Array): void => {
  const fresh = `${path}.new`;
  const fd = fs.openSync(fresh, "w", PRIVATE);
  try {
    writeAll(fd, bytes, 0);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(fresh, path);
};

const writeAll = (fd: number, bytes: Uint8Array, position: number): void => {
  let done = 0;
  while (done < bytes.length) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
};
