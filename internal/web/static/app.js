// What the pages can do better with a script. All of them work without it.
"use strict";

// Print button of the recovery sheet.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// The browser knows the time zone; the person need not choose it.
for (const input of document.querySelectorAll("[data-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) input.value = zone;
}

// How long a passphrase is, while it is typed.
for (const input of document.querySelectorAll("[data-strength]")) {
  const hints = JSON.parse(input.dataset.strength); // [[least length, sentence], …], ascending
  const out = document.getElementById(input.dataset.strengthOut);
  const tell = () => {
    const length = [...input.value].length;
    let sentence = "";
    for (const [least, text] of hints) if (length >= least) sentence = text;
    out.textContent = length === 0 ? "" : sentence;
  };
  input.addEventListener("input", tell);
}

// Choosing a filter applies it.
for (const select of document.querySelectorAll("select[data-apply]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// Import: drop zone, folders, progress.
const form = document.querySelector("form[data-import]");
if (form) {
  const zone = form.querySelector(".drop");
  const box = document.getElementById("progress");
  const bar = box.querySelector("progress");
  const said = box.querySelector("[role=status]");
  const stop = (event) => { event.preventDefault(); event.stopPropagation(); };

  const follow = () => {
    const events = new EventSource(form.dataset.progress);
    events.onmessage = (event) => { said.textContent = event.data; };
    events.addEventListener("done", () => { events.close(); location.assign(form.dataset.result); });
    return events;
  };
  const fail = (text) => {
    said.textContent = text || box.dataset.failed;
    bar.removeAttribute("value");
    bar.hidden = true;
    form.hidden = false;
  };
  const send = (files) => {
    if (files.length === 0) return;
    const data = new FormData();
    for (const [name, file] of files) data.append("files", file, name);
    form.hidden = true;
    box.hidden = false;
    bar.hidden = false;
    said.focus();
    const request = new XMLHttpRequest();
    const events = follow();
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      if (event.loaded === event.total) bar.removeAttribute("value");
      else { bar.max = event.total; bar.value = event.loaded; }
    };
    request.onload = () => {
      if (request.status >= 400) { events.close(); fail(box.dataset.failed); } else { events.close(); location.assign(form.dataset.result); }
    };
    request.onerror = () => { events.close(); fail(box.dataset.failed); };
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(data);
  };

  // Reads a dropped folder down to its files.
  const walk = async (entry, prefix, out) => {
    if (out.length > 20000) return;
    if (entry.isFile) {
      out.push([prefix + entry.name, await new Promise((ok, no) => entry.file(ok, no))]);
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((ok, no) => reader.readEntries(ok, no));
        if (some.length === 0) break;
        for (const e of some) await walk(e, prefix + entry.name + "/", out);
      }
    }
  };
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => { stop(event); zone.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("over"); });
  document.addEventListener("drop", async (event) => {
    stop(event);
    zone.classList.remove("over");
    const entries = [...event.dataTransfer.items].map((i) => i.webkitGetAsEntry && i.webkitGetAsEntry()).filter(Boolean);
    const out = [];
    for (const entry of entries) await walk(entry, "", out);
    send(out.length > 0 ? out : [...event.dataTransfer.files].map((f) => [f.name, f]));
  });
  const chosen = () => [...form.querySelectorAll("input[type=file]")].flatMap((i) => [...i.files].map((f) => [f.webkitRelativePath || f.name, f]));
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => send(chosen()));
  }
  form.addEventListener("submit", (event) => { stop(event); send(chosen()); });
  for (const hidden of form.querySelectorAll("[data-script]")) hidden.hidden = false;
}

// Passkeys: log in at the door, add one on the page of security.
const passkeys = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON && location.hostname.match(/[a-z]/i);
const post = async (url, body, type) => {
  const answer = await fetch(url, { method: "POST", headers: { "Content-Type": type }, body });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!passkeys) continue;
  form.hidden = false;
  const said = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    const add = form.dataset.passkey === "add";
    try {
      const asked = await post(form.action, new URLSearchParams(new FormData(form)).toString(), "application/x-www-form-urlencoded");
      if (asked.error) { said.textContent = asked.error; return; }
      const made = add
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked.options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked.options) });
      const query = new URLSearchParams({ token: asked.token, next: form.dataset.next || "" });
      location.assign((await post(form.dataset.finish + "?" + query, JSON.stringify(made.toJSON()), "application/json")).next);
    } catch {
      said.textContent = form.dataset.failed;
    }
  });
}
