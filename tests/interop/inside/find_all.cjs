// Reads every customer page by page, refreshes, reads again, and revokes, with node-quickbooks as it is published.
// Runs where node-quickbooks is installed and Intuit's hosts lead to a sandbox; argv: realm, access token, refresh token.
'use strict';
const assert = require('node:assert');
const { promisify } = require('node:util');
const QuickBooks = require(require.resolve('node-quickbooks', { paths: [process.cwd()] }));

const [realm, access, refresh] = process.argv.slice(2);
const books = new QuickBooks('published-client', 'published-secret', access, false, realm, true, false, 75, '2.0', refresh);
const findCustomers = promisify(books.findCustomers.bind(books));

async function everyCustomer() {
  const found = await findCustomers({ asc: 'Id', limit: 1000, fetchAll: true });
  return found.QueryResponse.Customer.map((customer) => customer.Id);
}

async function main() {
  const before = await everyCustomer();
  await promisify(books.refreshAccessToken.bind(books))();
  assert.notStrictEqual(books.token, access);
  assert.deepStrictEqual(await everyCustomer(), before);
  await promisify((done) => books.revokeAccess(true, (error) => done(error)))();
  process.stdout.write(JSON.stringify(before));
}

main().catch((error) => {
  process.stderr.write(`${error.stack || JSON.stringify(error)}\n`);
  process.exit(1);
});
