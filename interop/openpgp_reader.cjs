// Reads lines of JSON {message, key, certificate}, answers {data, signed_by} or {error}: OpenPGP.js as openpgp_readers.py asks it.
const openpgp = require(process.argv[2]);
const lines = require("readline").createInterface({ input: process.stdin });

async function open({ message, key, certificate }) {
  const secret = await openpgp.readPrivateKey({ binaryKey: Buffer.from(key, "hex") });
  const sender = await openpgp.readKey({ binaryKey: Buffer.from(certificate, "hex") });
  const opened = await openpgp.decrypt({
    message: await openpgp.readMessage({ armoredMessage: message }),
    decryptionKeys: secret, verificationKeys: sender, format: "binary",
  });
  let signed_by = null;
  for (const one of opened.signatures) {
    await one.verified;  // throws where it does not hold
    signed_by = sender.getFingerprint();
  }
  return { data: Buffer.from(opened.data).toString("hex"), signed_by };
}

(async () => {
  for await (const line of lines) {
    const answer = await open(JSON.parse(line)).catch((error) => ({ error: String(error.message) }));
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
})();
