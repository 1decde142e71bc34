// Jobs come as JSON in the file that is named; each writes what was read to job.out. The answers go to standard output: one a job,
// null where it went well, else why not.
const fs = require("fs");

exports.read = (file) => {
  const bytes = fs.readFileSync(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
};

exports.report = async (read) => {
  const answers = [];
  for (const job of JSON.parse(fs.readFileSync(process.argv[2]))) {
    try {
      fs.writeFileSync(job.out, Buffer.from(await read(job)));
      answers.push(null);
    } catch (error) {
      answers.push(String(error.message || error));
    }
  }
  process.stdout.write(JSON.stringify(answers));
};
