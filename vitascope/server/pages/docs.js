// Draws the API's own description. No library, and nothing is asked of any other server.
"use strict";

const el = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

let spec;
const ROOT = location.pathname.replace(/\/docs.*$/, ""); // what a proxy puts before all paths
const resolve = (schema) => (schema && schema.$ref ? spec.components.schemas[schema.$ref.split("/").pop()] : schema);

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items) || "anything"}`;
  return schema.type || "anything";
}

function fieldsTable(schema) {
  const found = resolve(schema);
  if (!found || !found.properties) return el("p", { textContent: typeOf(schema) });
  const rows = Object.entries(found.properties).map(([name, field]) =>
    el("tr", {},
      el("td", {}, el("code", { textContent: name + ((found.required || []).includes(name) ? " *" : "") })),
      el("td", { textContent: typeOf(field) }),
      el("td", { textContent: field.description || "" })));
  return el("table", {}, ...rows);
}

function tryIt(method, path, operation) {
  const parameters = (operation.parameters || []).filter((parameter) => parameter.in !== "cookie");
  const inputs = parameters.map((parameter) => el("input", { name: parameter.name, ariaLabel: parameter.name }));
  const body = operation.requestBody && el("textarea", { rows: 6, value: '{"prompt": "a red ball bounces on snow"}', ariaLabel: "body" });
  if (body && !path.includes("videos") && !path.includes("quote")) body.value = "{}";
  const out = el("pre", { hidden: true });
  const button = el("button", { type: "button", textContent: "Send" });
  button.addEventListener("click", async () => {
    let url = ROOT + path;
    const query = new URLSearchParams();
    const headers = {};
    parameters.forEach((parameter, index) => {
      const value = inputs[index].value;
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (value && parameter.in === "query") query.set(parameter.name, value);
      else if (value) headers[parameter.name] = value;
    });
    const key = document.getElementById("key").value;
    if (key) headers.Authorization = `Bearer ${key}`;
    if (body) headers["Content-Type"] = "application/json";
    out.hidden = false;
    out.textContent = "…";
    try {
      const answer = await fetch(query.size ? `${url}?${query}` : url, { method: method.toUpperCase(), headers, body: body && body.value });
      const kind = answer.headers.get("content-type") || "";
      let text = kind.includes("json") ? JSON.stringify(await answer.json(), null, 2) : `${kind}, ${(await answer.blob()).size} bytes`;
      out.textContent = `${answer.status} ${answer.statusText}\n${text}`;
    } catch (error) {
      out.textContent = String(error);
    }
  });
  const labels = parameters.map((parameter, index) => el("label", {}, `${parameter.name} (${parameter.in}) `, inputs[index]));
  return el("div", {}, el("h3", { textContent: "Try it" }), ...labels, ...(body ? [body] : []), button, out);
}

function draw(method, path, operation) {
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const content = good && good[1].content && Object.values(good[1].content)[0];
  const sent = operation.requestBody && Object.values(operation.requestBody.content)[0];
  const box = el("details", { id: operation.operationId },
    el("summary", {}, el("b", { textContent: method.toUpperCase() }), el("code", { textContent: path }),
      el("span", { textContent: operation.summary })));
  box.addEventListener("toggle", () => {
    if (!box.open || box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    box.append(el("p", { textContent: operation.description || "" }));
    if (sent) box.append(el("h3", { textContent: `Body: ${Object.keys(operation.requestBody.content).join(" or ")}` }), fieldsTable(sent.schema));
    if (content) box.append(el("h3", { textContent: `Answer ${good[0]}` }), fieldsTable(content.schema));
    box.append(tryIt(method, path, operation));
  });
  return box;
}

async function main() {
  spec = await (await fetch(`${ROOT}/openapi.json`)).json();
  document.getElementById("about").textContent = spec.info.description;
  document.getElementById("base").textContent = `${location.origin}${ROOT}/v1`;
  const groups = new Map();
  for (const [path, methods] of Object.entries(spec.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(draw(method, path, operation));
    }
  const place = document.getElementById("operations");
  for (const [tag, boxes] of groups) place.append(el("section", {}, el("h2", { textContent: tag }), ...boxes));
  document.getElementById("find").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const box of place.querySelectorAll("details")) box.hidden = !box.textContent.toLowerCase().includes(wanted);
  });
  if (location.hash) document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
}

main();
