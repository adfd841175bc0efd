import { concatBytes } from "../../../card/apdu/bytes.ts";
import { AID } from "../../../card/commands/select.ts";

/** What is fixed when the applet is installed. */
export interface AppletOptions {
  readonly parameters?: Uint8Array;
}

/** What install() of an applet gets: `length AID length control length parameters`. Java Card API, Applet.install. */
export const encodeInstallParameters = ({
  parameters = new Uint8Array(),
}: AppletOptions): Uint8Array =>
  concatBytes(Uint8Array.of(AID.length), AID, Uint8Array.of(0, parameters.length), parameters);
