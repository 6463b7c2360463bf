// @ts-check
// Boots a worker of any role. Coordinator, scanners and the lab run the same code;
// the first message says which this is.

/** @typedef {import('./messages.js').FromWorker} FromWorker */

/** @param {FromWorker} message @param {Transferable[]} [transfer] */
const tellPage = (message, transfer = []) => self.postMessage(message, { transfer });

/** @type {CoordinatorRole | ScannerRole | LabRole | undefined} */
let role;

/** The wasm that this worker runs: one of the modules. @type {typeof wasm_bindgen | typeof compare_bindgen | typeof lab_bindgen | undefined} */
let core;

/** A trap leaves wasm in an unknown state: the page throws this worker away. @param {unknown} error */
function broken(error) {
  // A panic's own words say more than "unreachable".
  const what = (role && core?.last_panic()) ?? String(error);
  tellPage({ type: 'broken', what });
}

const tables = () => ({ formats: JSON.parse(wasm_bindgen.formats()), casts: JSON.parse(wasm_bindgen.casts()) });

/** @param {import('./messages.js').Start} start */
function begin({ role: wanted, core: name, module, port }) {
  ASKING.troubled = (what) => tellPage({ type: 'trouble', what });
  core = { scan: wasm_bindgen, compare: compare_bindgen, lab: labCore }[name];
  const { memory } = core.initSync({ module });
  if (wanted === 'lab') role = new LabRole(memory, broken);
  else role = wanted === 'scanner' && port ? new ScannerRole(memory, port, broken) : new CoordinatorRole(broken);
  tellPage({ type: 'ready', ...(wanted === 'coordinator' && name === 'scan' ? tables() : { formats: null, casts: null }) });
}

self.onmessage = ({ data: message }) => {
  try {
    if (message.type === 'ping') tellPage({ type: 'pong' });
    else if (message.type === 'start') begin(message);
    else if (role instanceof CoordinatorRole || role instanceof LabRole) role.receive(message);
  } catch (error) {
    broken(error);
  }
};
