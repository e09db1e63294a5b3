// The rules of invitations: once, in time, for one key, and not beyond what they give.
#include "broker/enrolment/key_book.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "broker/enrolment/granting.h"
#include "tests/unit/broker/enrolment/kit.h"

namespace key_book_test {

using namespace enrolment_kit;
using proto::AuthorizedKeys;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

KeyBook reread(const KeyBook& book) { return KeyBook::parse(book.text(), "book").value(); }

}  // namespace

TEST_CASE("an invitation enrols the first key that is presented, and no other one") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  CHECK(book.check(key(9), key(2), kNow).code() == Errc::invitation_unknown);
  REQUIRE(book.enrol(key(1), key(2), {}, kNow).ok());
  CHECK(book.enrol(key(1), key(3), {}, kNow).code() == Errc::invitation_spent);
  std::vector<std::string> conflicts;
  const auto keys = book.merged_with({}, conflicts);
  CHECK(conflicts.empty());
  REQUIRE(keys.size() == 1);
  CHECK(keys.at(key(2)).name == "mail");
  CHECK(keys.at(key(2)).roles == proto::Roles{false, true, false});
  CHECK(keys.at(key(2)).rights.serve == proto::Patterns{"mail.*"});
}

TEST_CASE("the same key is enrolled again at any time, also after a restart of the broker") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  REQUIRE(book.enrol(key(1), key(2), {}, kNow).ok());
  book = reread(book);
  CHECK(book.enrol(key(1), key(2), {}, kNow + 10 * kHour).ok());
  CHECK(book.enrol(key(1), key(3), {}, kNow).code() == Errc::invitation_spent);
}

TEST_CASE("an invitation enrols nothing when its time is over or it was revoked, and says which") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  REQUIRE(book.invite(invitation(2, "other"), {}, kNow).ok());
  CHECK(book.enrol(key(1), key(3), {}, kNow + kHour).code() == Errc::invitation_expired);
  CHECK(book.check(key(1), key(3), kNow + kHour - milliseconds{1}).ok());
  CHECK(book.revoke("other").size() == 1);
  CHECK(book.revoke("other").empty());
  CHECK(reread(book).enrol(key(2), key(3), {}, kNow).code() == Errc::invitation_revoked);
}

TEST_CASE("to revoke an enrolled invitation removes its key for good") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  REQUIRE(book.enrol(key(1), key(2), {}, kNow).ok());
  const auto revoked = book.revoke(to_string(key(1)).substr(0, 16));
  REQUIRE(revoked.size() == 1);
  CHECK(revoked.front().key == key(2));
  std::vector<std::string> conflicts;
  CHECK(book.merged_with({}, conflicts).empty());
  CHECK(book.enrol(key(1), key(2), {}, kNow).code() == Errc::invitation_revoked);
}

TEST_CASE("a principal has two keys at most, invitations included, all with the same roles and rights") {
  const AuthorizedKeys authorized{{key(100), invitation(1).principal}};
  KeyBook book;
  CHECK(contains(book.invite(invitation(1, "mail", "client", ""), authorized, kNow).failure().text,
                 "same roles and rights"));
  REQUIRE(book.invite(invitation(1), authorized, kNow).ok());
  CHECK(contains(book.invite(invitation(2), authorized, kNow).failure().text, "two keys already"));
  CHECK(book.invite(invitation(2), authorized, kNow + kHour).ok());  // the first one has expired
  // The file of authorized keys has got another key meanwhile.
  AuthorizedKeys more = authorized;
  more.emplace(key(101), invitation(1).principal);
  CHECK(book.enrol(key(2), key(3), more, kNow).code() == Errc::option_out_of_range);
  CHECK(book.find(key(2))->state == BookEntry::State::pending);
}

TEST_CASE("the key of an invitation, or one that is authorized already, is not enrolled") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  REQUIRE(book.invite(invitation(2, "other"), {}, kNow).ok());
  CHECK_FALSE(book.enrol(key(1), key(1), {}, kNow).ok());
  CHECK_FALSE(book.enrol(key(1), key(2), {}, kNow).ok());
  CHECK_FALSE(book.enrol(key(1), key(3), {{key(3), invitation(9, "alice").principal}}, kNow).ok());
}

TEST_CASE("a key that contradicts the file of authorized keys is left out and reported") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  REQUIRE(book.enrol(key(1), key(2), {}, kNow).ok());
  std::vector<std::string> conflicts;
  const auto keys = book.merged_with({{key(5), invitation(9, "mail", "client", "").principal}}, conflicts);
  CHECK(keys.size() == 1);
  CHECK_FALSE(keys.contains(key(2)));
  CHECK(conflicts == std::vector<std::string>{"mail"});
}

TEST_CASE("invitations without a key are forgotten a week after they have expired, and spent ones never") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  REQUIRE(book.invite(invitation(2, "spent"), {}, kNow).ok());
  REQUIRE(book.enrol(key(2), key(3), {}, kNow).ok());
  const milliseconds later = kNow + kHour + KeyBook::kKept;
  REQUIRE(book.invite(invitation(4, "new"), {}, later - milliseconds{1}).ok());
  CHECK(book.find(key(1)) != nullptr);
  REQUIRE(book.invite(invitation(5, "newer"), {}, later).ok());
  CHECK(book.find(key(1)) == nullptr);
  CHECK(book.enrol(key(2), key(4), {}, later).code() == Errc::invitation_spent);
}

TEST_CASE("a book is read as it was written, and a line without sense is named") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1, "mail", "worker,client", "serve=mail.* max-queued=7"), {}, kNow).ok());
  REQUIRE(book.invite(invitation(2, "alice", "client,admin", ""), {}, kNow).ok());
  REQUIRE(book.enrol(key(1), key(3), {}, kNow).ok());
  const KeyBook same = reread(book);
  CHECK(same.text() == book.text());
  CHECK(same.find(key(1))->principal.rights.quotas.tasks == 7);
  CHECK_FALSE(same.find(key(2))->principal.rights.own_tasks_only);
  const std::string line = "pending " + to_string(key(1)) + " 1700000000000 - bob mail worker\n";
  CHECK(KeyBook::parse(line, "book").ok());
  for (const std::string& wrong : {line + line, "sent" + line.substr(7), "enrolled" + line.substr(7),
                                   line.substr(0, 70) + "\n", line.substr(0, line.size() - 7) + "boss\n"})
    CHECK(contains(KeyBook::parse(wrong, "book").failure().text, "book:"));
}

TEST_CASE("a book has a limited number of invitations") {
  std::string text;
  for (std::size_t i = 0; i < KeyBook::kMaxEntries; ++i) {
    std::string digits = std::to_string(i);
    digits.insert(0, 64 - digits.size(), '0');
    text += "pending " + digits + " 1700003600000 - bob worker-" + std::to_string(i) + " worker\n";
  }
  auto book = KeyBook::parse(text, "book").value();
  CHECK(contains(book.invite(invitation(99, "late"), {}, kNow).failure().text, "revoke some"));
}

TEST_CASE("a book whose invitations are all taken is not larger than a file of it may be") {
  const std::string name(100, 'n');
  const std::string rights = "serve=" + std::string(120, 'q');
  const auto numbered = [](std::size_t number) {
    proto::Key made = key(0);
    made.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    made.bytes[1] = static_cast<std::uint8_t>(number);
    return made;
  };
  std::string text;
  std::size_t count = 0;
  for (; text.size() + 2000 < KeyBook::kMaxText - 64 * count; ++count)
    text += "pending " + to_string(numbered(count)) + " 1700003600000 - bob " + name + std::to_string(count) +
            " worker " + rights + "\n";
  auto book = KeyBook::parse(text, "book").value();
  proto::Status status;
  for (; status.ok(); ++count) {
    const auto made =
        make_invitation(numbered(count), kNow + kHour, "bob", {name + std::to_string(count), "worker", rights});
    status = book.invite(made.value(), {}, kNow);
  }
  CHECK(contains(status.failure().text, "no room"));
  const std::size_t before = book.text().size();
  CHECK(before + 64 * book.entries().size() <= KeyBook::kMaxText);
  REQUIRE(book.enrol(numbered(0), key(250), {}, kNow).ok());
  CHECK(book.text().size() == before + 64);
}

TEST_CASE("an invitation that is repeated because its answer was lost stands as it was made") {
  KeyBook book;
  REQUIRE(book.invite(invitation(1), {}, kNow).ok());
  BookEntry again = invitation(1);
  again.expires += kHour;
  CHECK(book.invite(again, {}, kNow).ok());
  CHECK(book.entries().size() == 1);
  CHECK(book.find(key(1))->expires == kNow + kHour);
  CHECK_FALSE(book.invite(invitation(1, "other"), {}, kNow).ok());
  CHECK_FALSE(book.invite(invitation(1, "mail", "worker", ""), {}, kNow).ok());
  BookEntry by_another = invitation(1);
  by_another.by = "eve";
  CHECK_FALSE(book.invite(by_another, {}, kNow).ok());
  REQUIRE(book.enrol(key(1), key(2), {}, kNow).ok());
  CHECK_FALSE(book.invite(invitation(1), {}, kNow).ok());
}

// Many machines present invitations to several brokers that share a book, some twice, and answers get lost.
TEST_CASE("with answers lost and repeated, an invitation enrols one key, and only while it may") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random{seed};
    const auto below = [&](unsigned most) { return static_cast<std::uint8_t>(random() % most); };
    SharedText shared;
    TextStore store{shared};
    milliseconds now = kNow;
    std::map<std::uint8_t, proto::Key> enrolled;  // by invitation: what the first machine was told
    std::map<std::uint8_t, bool> revoked;
    const auto change = [&](const std::function<proto::Status(KeyBook&)>& make) -> std::optional<proto::Status> {
      std::optional<proto::Status> status;
      try {
        store.change([&](const std::string& text) -> std::optional<std::string> {
          auto book = KeyBook::parse(text, "book").value();
          status = make(book);
          return status->ok() ? std::optional{book.text()} : std::nullopt;
        });
        return status;
      } catch (const std::runtime_error&) {
        return std::nullopt;  // the outcome is unknown
      }
    };
    for (int step = 0; step < 60; ++step) {
      if (below(6) == 0) shared.fault = below(2) == 0 ? SharedText::Fault::before : SharedText::Fault::after;
      const auto which = static_cast<std::uint8_t>(1 + below(4));
      const std::string principal = "machine-" + std::to_string(which);
      switch (below(8)) {
        case 0:
          change([&](KeyBook& book) { return book.invite(invitation(which, principal), {}, kNow); });
          break;
        case 1:
          change([&](KeyBook& book) {
            return book.revoke(principal).empty() ? proto::Status{Errc::invitation_unknown, ""} : proto::Status{};
          });
          revoked[which] = KeyBook::parse(shared.text, "book")->find(key(which)) != nullptr &&
                           KeyBook::parse(shared.text, "book")->find(key(which))->state == BookEntry::State::revoked;
          break;
        case 2:
          now += kHour / 4;
          break;
        default: {
          const auto own = key(static_cast<std::uint8_t>(10 * which + below(3)));
          const auto status = change([&](KeyBook& book) { return book.enrol(key(which), own, {}, now); });
          if (!status || !status->ok()) break;
          CHECK_MESSAGE(enrolled.try_emplace(which, own).first->second == own, "seed ", seed);
          CHECK_MESSAGE(!revoked[which], "seed ", seed);
        }
      }
      std::vector<std::string> conflicts;
      const auto keys = KeyBook::parse(shared.text, "book")->merged_with({}, conflicts);
      CHECK(conflicts.empty());
      for (const auto& [one, principal_of_key] : keys)
        CHECK_MESSAGE(principal_of_key.rights == invitation(1).principal.rights, "seed ", seed);
    }
  }
}

TEST_CASE("an operator grants its own roles and rights at most") {
  const auto principal = [](const std::string& roles, const std::string& rights) {
    return make_invitation(key(1), kNow, "x", {"x", roles, rights}).value().principal;
  };
  const auto all = principal("client,worker,admin", "");
  CHECK(may_grant(all, principal("client,worker,admin", "")).ok());
  CHECK(may_grant(principal("client", ""), principal("client", "")).code() == Errc::not_permitted);
  CHECK(may_grant(principal("admin", ""), principal("client", "")).ok());
  CHECK(may_grant(principal("admin", ""), principal("worker", "")).code() == Errc::not_permitted);
  const auto some =
      principal("admin,worker", "submit=mail.*,news serve=mail.out objects=a* max-priority=3 max-queued=9");
  CHECK(may_grant(some, principal("client", "submit=mail.in objects=ab* max-priority=3 max-queued=9")).ok());
  CHECK(may_grant(some, principal("worker", "serve=mail.out")).ok());
  CHECK(may_grant(some, principal("worker", "serve=mail.*")).code() == Errc::right_missing);
  CHECK(may_grant(some, principal("worker", "")).code() == Errc::right_missing);
  const std::string mail = "submit=mail.* objects=a* max-priority=3 max-queued=9";
  CHECK(may_grant(some, principal("client", mail + " manage=mail.*")).ok());
  CHECK(contains(may_grant(some, principal("client", "objects=a* max-priority=3 max-queued=9")).failure().text,
                 "submit=mail.*,news"));
  CHECK_FALSE(may_grant(some, principal("client", "submit=mail* objects=a* max-priority=3 max-queued=9")).ok());
  CHECK_FALSE(may_grant(some, principal("client", "submit=news.* objects=a* max-priority=3 max-queued=9")).ok());
  CHECK_FALSE(may_grant(some, principal("client", "submit=mail.* objects=a* max-priority=4 max-queued=9")).ok());
  CHECK_FALSE(may_grant(some, principal("client", "submit=mail.* objects=a* max-priority=3 max-queued=10")).ok());
  CHECK_FALSE(may_grant(some, principal("client", "submit=mail.* objects=a* max-priority=3")).ok());
  for (const std::string quota :
       {"max-queued=", "max-queued-bytes=", "max-objects=", "max-object-bytes=", "max-result-bytes="}) {
    const auto limited = principal("admin", quota + "9");
    CHECK_MESSAGE(may_grant(limited, principal("client", quota + "9")).ok(), quota);
    for (const std::string& more : {quota + "10", std::string{}})
      CHECK_MESSAGE(contains(may_grant(limited, principal("client", more)).failure().text, quota + "9"), quota);
  }
  auto gone = all;
  gone.is_removed = true;
  CHECK_FALSE(may_grant(gone, principal("client", "")).ok());
}

}  // namespace key_book_test
