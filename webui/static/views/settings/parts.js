/* What the sections of the Settings page share. */
import { format } from "../../kit/format.js";

export const settingsGb = (mb) => format.number(mb / 1000, mb < 10000 ? 1 : 0) + " GB";
