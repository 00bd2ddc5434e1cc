/** The events of `describeDataset`: plain values that can be buffered or written as JSON. */

/** Height and width in pixels. */
export interface ImageSize {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
}

/** The sizes of the images as they are stored. */
export interface StoredSizes {
  /** Number of images whose size is known. */
  readonly images: number;
  /** The image of the fewest pixels. */
  readonly smallest: ImageSize;
  /** The size that most images have, and how many. */
  readonly mostCommon: ImageSize & { readonly images: number };
  /** The image of the most pixels. */
  readonly largest: ImageSize;
  /** Number of different sizes. */
  readonly different: number;
  /** The median of the shorter sides. */
  readonly shorterSide: number;
  /** Number of images whose shorter side is less than the size at which they were decoded, so that they were enlarged. */
  readonly enlarged: number;
}

/** Images that were left out, and why. */
export interface LeftOut {
  /** How many. */
  readonly images: number;
  /** The first of them. */
  readonly first: readonly { readonly name: string; readonly reason: string }[];
}

/** The configuration that suits a dataset. */
export interface FittingConfiguration {
  /** Its name, as `nvae train` and `loadConfig` take it. */
  readonly configuration: string;
  /** Keys to change, as `--set` takes them: `image_channels=1`. */
  readonly set: readonly string[];
  /** Why, in one line. */
  readonly reason: string;
}

/** At the start, and after each few images. */
export interface DatasetProgress {
  /** Tells the events apart. */
  readonly type: 'progress';
  /** Images that are done, including those that were left out. */
  readonly images: number;
  /** Number of images of the dataset. */
  readonly total: number;
}

/** What a dataset has; the last event. */
export interface DatasetReport {
  /** Tells the events apart. */
  readonly type: 'report';
  /** Name of the dataset. */
  readonly dataset: string;
  /** Number of images that were looked at: all, or fewer if it was stopped. */
  readonly images: number;
  /** Number of images of the dataset. */
  readonly total: number;
  /** Whether it was stopped before the last image. */
  readonly stopped: boolean;
  /** Height and width at which images were decoded: what is said about pixels holds for this size. */
  readonly size: number;
  /** Images that cannot be decoded. */
  readonly damaged: LeftOut;
  /** Images that could not be read at the moment. */
  readonly unread: LeftOut;
  /** Sizes as stored; null if the dataset does not tell them. */
  readonly sizes: StoredSizes | null;
  /** Formats as stored, the most common first; empty if the dataset does not tell them. */
  readonly formats: readonly { readonly format: string; readonly images: number }[];
  /** Number of images by their colours. The first three are as stored, and 0 if the dataset does not tell them. */
  readonly colours: {
    /** Stored in grey. */
    readonly grey: number;
    /** Stored in colour. */
    readonly colour: number;
    /** Stored with alpha. */
    readonly alpha: number;
    /** With grey pixels only, however they are stored. */
    readonly greyPixels: number;
  };
  /** Images whose decoded pixels are the same. */
  readonly duplicates: {
    /** Number of groups of images that are the same. */
    readonly groups: number;
    /** Number of images that would go if one of each group stayed. */
    readonly surplus: number;
    /** The first groups, by the names of their first images. */
    readonly first: readonly (readonly string[])[];
  };
  /** Images of one colour. */
  readonly oneColour: {
    /** How many. */
    readonly images: number;
    /** The first of them. */
    readonly first: readonly string[];
  };
  /** Mean of red, green and blue, from 0 to 1; of grey, if all images have grey pixels. Null without an image. */
  readonly mean: readonly number[] | null;
  /** Standard deviation of the same, over all pixels. */
  readonly standardDeviation: readonly number[] | null;
  /** Share of the values below 64 or above 191, of 255. */
  readonly nearlyBlackOrWhite: number;
  /** The configuration that fits. Null without an image. */
  readonly fits: FittingConfiguration | null;
}

/** The events of `describeDataset`. */
export type DatasetEvent = DatasetProgress | DatasetReport;
