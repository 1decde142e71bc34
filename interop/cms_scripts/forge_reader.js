// Opens CMS with node-forge. See cms_readers.py for what comes in and goes out.
const forge = require("node-forge");
const { read, report } = require("./jobs.js");

const binary = (file) => Buffer.from(read(file)).toString("binary");
const parse = (file) => forge.asn1.fromDer(forge.util.createBuffer(binary(file)));

report(async (job) => {
  const message = forge.pkcs7.messageFromAsn1(parse(job.cms));
  if (job.what !== "open") {
    if (!message.verify) throw new Error("no verification");
    message.verify();
  }
  const recipient = message.findRecipient(forge.pki.certificateFromAsn1(parse(job.certificate)));
  if (!recipient) throw new Error("no such recipient");
  message.decrypt(recipient, forge.pki.privateKeyFromAsn1(parse(job.key)));
  return Buffer.from(message.content.getBytes(), "binary");
});
