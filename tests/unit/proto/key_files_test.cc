#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>

#include "proto/transport/keys/authorized_keys.h"
#include "proto/transport/keys/invitation.h"
#include "proto/transport/keys/key_files.h"
#include "tests/folder.h"

namespace key_files_test {

using namespace forkmill::proto;
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string kHex(64, 'a');
const std::string kOther(64, 'b');
const std::string kThird(64, 'c');

std::string error_of(const std::string& lines) {
  const auto parsed = parse_authorized_keys(lines, "keys");
  return parsed.ok() ? "" : parsed.failure().text;
}

}  // namespace

TEST_CASE("a key is 64 hexadecimal digits, and nothing else") {
  const auto key = parse_key("0123456789abcdefABCDEF9876543210" + std::string(32, '0'));
  REQUIRE(key.has_value());
  CHECK(to_string(*key) == "0123456789abcdefabcdef9876543210" + std::string(32, '0'));
  for (const std::string& wrong :
       {std::string{}, kHex.substr(1), kHex + "a", "g" + kHex.substr(1), " " + kHex.substr(1), std::string(64, '\0')})
    CHECK_FALSE(parse_key(wrong).has_value());
}

TEST_CASE("a key pair is written once, with mode 0600, and read as it was made") {
  const forkmill::tests::Folder folder;
  const KeyPair pair = make_key_pair();
  const auto path = folder.path("own.key");
  REQUIRE(write_key_pair(path, pair).ok());
  CHECK(fs::status(path).permissions() == fs::perms{0600});
  const auto read = read_key_pair(path);
  REQUIRE(read.ok());
  CHECK(read->public_key == pair.public_key);
  CHECK(read->secret_key == pair.secret_key);
  const auto named = read_public_key(path + ".pub");
  REQUIRE(named.ok());
  CHECK(*named.operator->() == pair.public_key);
  CHECK(read_public_key(to_string(pair.public_key)).value() == pair.public_key);
  CHECK_FALSE(contains(folder.read("own.key.pub"), to_string(pair.secret_key)));

  CHECK(contains(write_key_pair(path, make_key_pair()).failure().text, "never overwritten"));
  fs::remove(path);
  CHECK(contains(write_key_pair(path, make_key_pair()).failure().text, "own.key.pub: it exists"));
  CHECK_FALSE(folder.has("own.key"));
}

TEST_CASE("a file of a secret key that others could read, that is a link, or that has no key is refused") {
  const forkmill::tests::Folder folder;
  const auto path = folder.path("own.key");
  REQUIRE(write_key_pair(path, make_key_pair()).ok());
  const auto refusal = [](const std::string& file) { return read_key_pair(file).failure().text; };
  fs::permissions(path, fs::perms{0640});
  CHECK(contains(refusal(path), "chmod 600 " + path));
  fs::permissions(path, fs::perms{0600});
  fs::create_symlink(path, folder.path("link"));
  CHECK(contains(refusal(folder.path("link")), "symbolic link"));
  CHECK(contains(refusal(folder.path("none")), "No such file"));
  CHECK(contains(refusal(folder.path()), "not a regular file"));
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(contains(refusal(folder.path("pipe")), "not a regular file"));
  fs::permissions(path + ".pub", fs::perms{0600});
  CHECK(contains(refusal(path + ".pub"), "no line `secret`"));
  CHECK(contains(read_public_key(path).failure().text, "no line `public`"));
  if (::geteuid() != 0) return;
  REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  REQUIRE(::chown((path + ".pub").c_str(), 65534, 65534) == 0);
  CHECK(contains(refusal(path), "belongs to another user (uid 65534)"));
}

TEST_CASE("an invitation is one line with the endpoints, the broker's public key and a secret key") {
  const auto broker = make_key_pair();
  const auto own = make_key_pair();
  const std::string endpoints = "tcp://192.0.2.1:7117,tcp://[2001:db8::1]:7117";
  const std::string line = to_string(Invitation{endpoints, broker.public_key, own});
  const auto read = parse_invitation(line + "\n");
  REQUIRE(read.ok());
  CHECK(read->endpoints == endpoints);
  CHECK(read->broker == broker.public_key);
  CHECK(read->own.public_key == own.public_key);
  CHECK(read->own.secret_key == own.secret_key);
  CHECK(invitation_id(own.public_key) == to_string(own.public_key).substr(0, 16));
  for (const std::string& wrong : {std::string{}, std::string{"alice.invitation"}, "x" + line, line.substr(0, 100),
                                   line.substr(0, line.find("tcp://")), "forkmill-2" + line.substr(10)})
    CHECK(contains(parse_invitation(wrong).failure().text, "not an invitation"));
}

TEST_CASE("the file of a machine that has joined has all that it needs to connect, for its owner only") {
  const forkmill::tests::Folder folder;
  const auto path = folder.path("alice");
  const auto broker = make_key_pair();
  const auto alice = make_key_pair();
  const std::string endpoint = "tcp://192.0.2.1:7117";
  const Invitation invitation{endpoint, broker.public_key, make_key_pair()};
  REQUIRE(create_key_file(path, 0600, connection_file(invitation, alice.secret_key)).ok());
  const auto file = read_connection_file(path);
  REQUIRE(file.ok());
  CHECK(file->endpoints == endpoint);
  CHECK(file->invitation == invitation_id(invitation.own.public_key));
  const auto keys = read_curve_keys(endpoint, path, path);
  REQUIRE(keys.ok());
  CHECK(keys.value()->broker == broker.public_key);
  CHECK(keys.value()->own.public_key == alice.public_key);
  fs::permissions(path, fs::perms::others_read, fs::perm_options::add);
  CHECK_FALSE(read_connection_file(path).ok());
  REQUIRE(write_key_pair(folder.path("key"), alice).ok());
  CHECK_FALSE(read_connection_file(folder.path("key")).ok());
}

TEST_CASE("workers and clients need both keys for TCP, and none for a socket") {
  const forkmill::tests::Folder folder;
  const auto path = folder.path("own.key");
  REQUIRE(write_key_pair(path, make_key_pair()).ok());
  CHECK_FALSE(read_curve_keys("tcp://127.0.0.1:1", "", "").value().has_value());
  CHECK_FALSE(read_curve_keys("ipc:///tmp/x", "nonsense", "nonsense").value().has_value());
  CHECK(contains(read_curve_keys("tcp://127.0.0.1:1", "", path).failure().text, "server-public-key is missing"));
  CHECK(contains(read_curve_keys("tcp://127.0.0.1:1", kHex, "").failure().text, "key is missing"));
  CHECK(contains(read_curve_keys("tcp://127.0.0.1:1", "abc", path).failure().text, "64 hexadecimal digits"));
  const auto both = read_curve_keys("tcp://127.0.0.1:1", kHex, path);
  REQUIRE(both.ok());
  REQUIRE(both.value().has_value());
  CHECK(to_string(both.value()->broker) == kHex);
}

TEST_CASE("authorized keys: one a line, with comments, two for a principal") {
  const auto keys = parse_authorized_keys("# keys\n\nalice client,admin " + kHex + "  # laptop\nalice client,admin " +
                                              kOther + "\n\tmail/1\tworker\t" + kThird,
                                          "keys");
  REQUIRE(keys.ok());
  REQUIRE(keys->size() == 3);
  CHECK(keys->at(*parse_key(kHex)).name == "alice");
  CHECK(keys->at(*parse_key(kOther)).roles == Roles{true, false, true});
  CHECK(keys->at(*parse_key(kThird)).name == "mail/1");
  CHECK(keys->at(*parse_key(kThird)).roles == Roles{false, true, false});
  CHECK(parse_authorized_keys("", "keys")->empty());
}

TEST_CASE("a wrong line of authorized keys is named with what is right") {
  CHECK(contains(error_of("\nalice client"), "keys:2: write PRINCIPAL ROLES PUBLIC_KEY"));
  CHECK(contains(error_of("alice client " + kHex + " more"), "keys:1: behind the key, write submit="));
  CHECK(contains(error_of("alice client " + kHex + " submit="), "submit= needs a pattern"));
  CHECK(contains(error_of("alice client " + kHex + " submit=a*b"), "names, or prefixes followed by *"));
  CHECK(contains(error_of("a client " + kHex + " submit=x\na client " + kOther), "the same roles and rights"));
  CHECK(contains(error_of("al!ce client " + kHex), "letters, digits"));
  CHECK(contains(error_of("uid:0 client " + kHex), "must not begin with uid:"));
  CHECK(contains(error_of("alice clients " + kHex), "client, worker and admin"));
  CHECK(contains(error_of("alice , " + kHex), "client, worker and admin"));
  CHECK(contains(error_of("alice client abc"), "64 hexadecimal digits"));
  CHECK(contains(error_of("alice client " + kHex + "\nbob client " + kHex),
                 "keys:2: this key is already on an earlier line"));
  CHECK(contains(error_of("alice client " + kHex + "\nalice worker " + kOther), "must have the same roles"));
  CHECK(contains(error_of("a client " + kHex + "\na client " + kOther + "\na client " + kThird), "two keys already"));
}

TEST_CASE("rights and quotas stand behind the key, in any order") {
  const auto keys = parse_authorized_keys(
      "web client " + kHex +
          " max-priority=-5 submit=mail.*,ads submit-names=mail.send objects=mail.* manage=mail.* max-queued=100000 "
          "max-queued-bytes=1GiB max-objects=10 max-object-bytes=1M max-result-bytes=2M\nrun worker " +
          kOther + " serve=mail.* serve-names=mail.*\nboss client,admin " + kThird,
      "keys");
  REQUIRE(keys.ok());
  const Rights& web = keys->at(*parse_key(kHex)).rights;
  CHECK(web.submit == Patterns{"mail.*", "ads"});
  CHECK(web.submit_names == Patterns{"mail.send"});
  CHECK(web.objects == Patterns{"mail.*"});
  CHECK(web.manage == Patterns{"mail.*"});
  CHECK(web.max_priority == -5);
  CHECK(web.quotas == Quotas{100'000, 1ULL << 30, 10, 1ULL << 20, 2ULL << 20});
  CHECK(web.own_tasks_only);
  const Rights& run = keys->at(*parse_key(kOther)).rights;
  CHECK(run.serve == Patterns{"mail.*"});
  CHECK(run.serve_names == Patterns{"mail.*"});
  CHECK(run.quotas == Quotas{});
  CHECK_FALSE(keys->at(*parse_key(kThird)).rights.own_tasks_only);
  CHECK(contains(error_of("a client " + kHex + " max-queued=many"), "max-queued= needs a number"));
  CHECK(
      contains(error_of("a client " + kHex + " max-priority=200"), "max-priority= needs a priority from -100 to 100"));
  CHECK(contains(error_of("a client " + kHex + " manage="), "manage= needs a pattern"));
}

TEST_CASE("a file of authorized keys that others could write is refused") {
  const forkmill::tests::Folder folder;
  const auto path = folder.write("authorized_keys", "alice client " + kHex + "\n");
  fs::permissions(path, fs::perms{0644});
  CHECK(read_authorized_keys(path).ok());
  fs::permissions(path, fs::perms{0664});
  CHECK(contains(read_authorized_keys(path).failure().text, "chmod go-w " + path));
}

}  // namespace key_files_test
