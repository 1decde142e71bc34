#include "crypto/revocation_table.hpp"

#include "crypto/key_tables.hpp"

namespace postern::crypto {

using sql::number;
using sql::Row;
using sql::Session;
using sql::text;

void keep_revocation(Session& session, const KeptRevocation& kept) {
  const RevocationAnswer& answer = kept.answer;
  session.execute(
      "insert into certificate_revocation (fingerprint, revoked, said, holds_until, asked, answer) values (:1, :2, :3, "
      ":4, :5, :6) on conflict (fingerprint) do update set revoked = excluded.revoked, said = excluded.said, "
      "holds_until = excluded.holds_until, asked = excluded.asked, answer = excluded.answer where "
      "certificate_revocation.revoked = 0 or excluded.said > certificate_revocation.said",
      {kept.fingerprint, static_cast<std::int64_t>(answer.status == RevocationStatus::revoked), stored(answer.said),
       stored(answer.until), stored(kept.asked), one_line(answer.text)});
}

std::vector<KeptRevocation> find_revocations(Session& session, Time now, std::size_t limit) {
  session.execute("delete from certificate_revocation where revoked = 0 and holds_until < :1", {stored(now)});
  std::vector<KeptRevocation> known;
  for (const Row& row : session.query("select fingerprint, revoked, said, holds_until, asked, answer from "
                                      "certificate_revocation order by asked desc limit :1",
                                      {static_cast<std::int64_t>(limit)})) {
    KeptRevocation& kept = known.emplace_back();
    kept.fingerprint = text(row[0]);
    kept.answer.status = number(row[1]) != 0 ? RevocationStatus::revoked : RevocationStatus::good;
    kept.answer.said = time_of(row[2]);
    kept.answer.until = time_of(row[3]);
    kept.asked = time_of(row[4]);
    kept.answer.text = text(row[5]);
  }
  return known;
}

}  // namespace postern::crypto
