// Sends every call of this process to one of Intuit's hosts to a sandbox: `node --require` loads it before the client.
// The client stays as it was published; SANDBOX_URL names the sandbox.
'use strict';
const http = require('node:http');
const https = require('node:https');

const sandbox = new URL(process.env.SANDBOX_URL);
const asPublished = https.request;

function isIntuit(host) {
  return (host || '').endsWith('.intuit.com');
}

https.request = function request(first, second, third) {
  const named = typeof first === 'string' || first instanceof URL;
  const url = named ? new URL(first) : {};
  const own = named ? (typeof second === 'object' ? second : {}) : first;
  const answered = [first, second, third].find((one) => typeof one === 'function');
  if (!isIntuit(own.hostname || own.host || url.hostname)) return asPublished.apply(https, arguments);
  const headers = { ...own.headers };
  for (const name of Object.keys(headers)) if (name.toLowerCase() === 'host') delete headers[name];
  const there = { protocol: 'http:', host: sandbox.hostname, hostname: sandbox.hostname, port: sandbox.port };
  const path = own.path || `${url.pathname}${url.search}`;
  return http.request({ ...own, ...there, path, headers, agent: undefined, agents: undefined }, answered);
};

https.get = function get(...args) {
  const request = https.request(...args);
  request.end();
  return request;
};
