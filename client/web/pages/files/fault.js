// How an error of the API is shown.
import {h} from "./dom.js";

export function fault(error) {
  return h("p", {class: "error", role: "alert"}, error.message, error.fix ? `: ${error.fix}` : null);
}
