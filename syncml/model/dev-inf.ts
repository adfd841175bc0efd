/** A device's self-description. One model for DevInf 1.0, 1.1 and 1.2; where CTCap stands in the document is the codec's matter. */
export interface DevInf {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly oem?: string;
  readonly fwV?: string;
  readonly swV?: string;
  readonly hwV?: string;
  readonly devId: string;
  readonly devTyp: string;
  readonly utc?: boolean;
  readonly supportLargeObjs?: boolean;
  readonly supportNumberOfChanges?: boolean;
  readonly datastores: readonly DevInfDatastore[];
  /** CTCap of 1.0 and 1.1, which stands beside the datastores. */
  readonly ctCaps?: readonly CtCap[];
  readonly exts?: readonly DevInfExt[];
}

export interface DevInfExt {
  readonly name: string;
  readonly values: readonly string[];
}

export interface ContentType {
  readonly type: string;
  readonly version: string;
}

export interface DevInfDatastore {
  readonly sourceRef: string;
  readonly displayName?: string;
  readonly maxGuidSize?: number;
  readonly rxPref?: ContentType;
  readonly rx: readonly ContentType[];
  readonly txPref?: ContentType;
  readonly tx: readonly ContentType[];
  /** CTCap of 1.2, which stands in the datastore. */
  readonly ctCaps?: readonly CtCap[];
  readonly dsMem?: {
    readonly sharedMem?: boolean;
    readonly maxMem?: number;
    readonly maxId?: number;
  };
  readonly supportHierarchicalSync?: boolean;
  /** SyncType numbers 1 to 7 (8 and more from devices that invent some). */
  readonly syncCap: readonly number[];
}

export interface CtCap {
  readonly ctType: string;
  readonly verCt?: string;
  readonly fieldLevel?: boolean;
  readonly properties: readonly CtProperty[];
}

export interface CtProperty {
  readonly name: string;
  readonly dataType?: string;
  readonly maxOccur?: number;
  readonly maxSize?: number;
  readonly noTruncate?: boolean;
  readonly valEnums?: readonly string[];
  readonly displayName?: string;
  readonly params?: readonly CtParam[];
}

export interface CtParam {
  readonly name: string;
  readonly dataType?: string;
  readonly valEnums?: readonly string[];
  readonly displayName?: string;
}
