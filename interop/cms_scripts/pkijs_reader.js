// Opens and checks CMS with pkijs and the Web Crypto of Node.js. See cms_readers.py for what comes in and goes out.
const asn1js = require("asn1js");
const pkijs = require("pkijs");
const { read, report } = require("./jobs.js");

pkijs.setEngine("node", new pkijs.CryptoEngine({ name: "node", crypto: globalThis.crypto }));

const AUTH_ENVELOPED = "1.2.840.113549.1.9.16.1.23";
const parse = (bytes) => {
  const parsed = asn1js.fromBER(bytes);
  if (parsed.offset === -1) throw new Error("not BER: " + parsed.result.error);
  return parsed.result;
};
const certificate = (file) => new pkijs.Certificate({ schema: parse(read(file)) });

// pkijs has no AuthEnvelopedData (RFC 5083), but it opens GCM in EnvelopedData: there the nonce is the parameter alone and the
// tag ends the content. So the same octets are put in the other order.
function enveloped(info) {
  if (info.contentType !== AUTH_ENVELOPED) return new pkijs.EnvelopedData({ schema: info.content });
  const [version, recipients, content, tag] = info.content.valueBlock.value;
  const data = new pkijs.EnvelopedData({ schema: new asn1js.Sequence({ value: [version, recipients, content] }) });
  data.encryptedContentInfo.contentEncryptionAlgorithm.algorithmParams =
    data.encryptedContentInfo.contentEncryptionAlgorithm.algorithmParams.valueBlock.value[0];
  const sealed = new Uint8Array(data.encryptedContentInfo.getEncryptedContent());
  const whole = new Uint8Array([...sealed, ...new Uint8Array(tag.valueBlock.valueHexView)]);
  data.encryptedContentInfo.encryptedContent = new asn1js.OctetString({ valueHex: whole.buffer });
  return data;
}

async function open(job) {
  const info = new pkijs.ContentInfo({ schema: parse(read(job.cms)) });
  return enveloped(info).decrypt(0, { recipientCertificate: certificate(job.certificate), recipientPrivateKey: read(job.key) });
}

async function check(job) {
  const info = new pkijs.ContentInfo({ schema: parse(read(job.cms)) });
  const signed = new pkijs.SignedData({ schema: info.content });
  const detached = job.content ? { data: read(job.content) } : {};
  const good = await signed.verify({ signer: 0, trustedCerts: [certificate(job.root)], checkChain: true, ...detached });
  if (!good) throw new Error("the signature does not hold");
  return job.content ? read(job.content) : signed.encapContentInfo.eContent.getValue();
}

report(async (job) => (job.what === "open" ? open(job) : check(job)));
