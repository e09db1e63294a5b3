// Sealed arguments and results as people see them.
#include <doctest/doctest.h>

#include <cstdint>
#include <msgpack.hpp>
#include <string>
#include <string_view>

#include "client/cli/text/sealed.h"
#include "proto/limits.h"
#include "proto/transport/keys/seal_file.h"
#include "tests/folder.h"

namespace sealed_text_test {

using namespace forkmill;
using namespace forkmill::cli;

namespace {

// A file of seal keys, and arguments that are sealed with its key.
class Sealed {
 public:
  explicit Sealed(const std::string& clear) {
    const auto id = proto::create_seal_file(keys(), "pay");
    REQUIRE(id.ok());
    id_ = id.value();
    const auto seals = proto::read_seal_keys(keys());
    REQUIRE(seals.ok());
    proto::TaskSpec spec;
    spec.queue = "pay";
    spec.name = "pay.send";
    const auto sealed = seals.value()->seal_arguments(TaskId::make(1, 2, 3), spec, clear);
    REQUIRE(sealed.ok());
    bytes_ = sealed->view();
  }

  std::string keys() const { return folder_.path("keys"); }
  const std::string& bytes() const { return bytes_; }
  std::string text() const { return "sealed with key " + id_; }

 private:
  tests::Folder folder_;
  std::string id_;
  std::string bytes_;
};

// The answer of a broker about a task with these arguments, or with this result.
std::string answer_with(std::string_view payload, const char* key = "arguments") {
  msgpack::sbuffer buffer;
  msgpack::packer<msgpack::sbuffer> packer{buffer};
  packer.pack_map(2);
  packer.pack("name");
  packer.pack("pay.send");
  packer.pack(key);
  packer.pack_bin(static_cast<std::uint32_t>(payload.size()));
  packer.pack_bin_body(payload.data(), static_cast<std::uint32_t>(payload.size()));
  return {buffer.data(), buffer.size()};
}

}  // namespace

TEST_CASE("sealed arguments are opened with the keys, and named by their key without") {
  const Sealed sealed{"\x92\x01\xa1x"};
  CHECK(readable_payload(sealed.bytes(), sealed.keys()).dump() == R"([1,"x"])");
  CHECK(readable_payload(sealed.bytes(), "").get<std::string>() == sealed.text());
  const Sealed other{"\x90"};
  CHECK(readable_payload(sealed.bytes(), other.keys())
            .get<std::string>()
            .starts_with(sealed.text() + ", and cannot be opened: key "));
  CHECK(readable_payload("\x92\x01\xa1x", sealed.keys()).dump() == R"([1,"x"])");
}

TEST_CASE("sealed arguments that the broker has cut are not said to be changed") {
  const Sealed sealed{std::string(20'000, 'x')};
  const auto cut = sealed.bytes().substr(0, proto::limits::kShownArguments);
  CHECK(readable_payload(cut, sealed.keys()).get<std::string>() ==
        sealed.text() + ", and cannot be opened: the broker shows the first 16 KiB only");
  const Sealed whole{"\x90"};
  auto changed = whole.bytes();
  changed.back() = static_cast<char>(changed.back() ^ 1);
  CHECK(readable_payload(changed, whole.keys()).get<std::string>().ends_with("they were changed"));
}

TEST_CASE("an answer about a task has its arguments in words") {
  const Sealed sealed{"\x92\x01\xa1x"};
  CHECK(task_from_msgpack(answer_with(sealed.bytes()), sealed.keys()).dump() ==
        R"({"name":"pay.send","arguments":[1,"x"]})");
  CHECK(task_from_msgpack(answer_with(sealed.bytes()), "")["arguments"].get<std::string>() == sealed.text());
  CHECK(task_from_msgpack(answer_with("\x91\x05"), "")["arguments"].dump() == "[5]");
}

TEST_CASE("an answer about a task has its result in words") {
  const Sealed sealed{"\x92\x01\xa1x"};
  CHECK(task_from_msgpack(answer_with(sealed.bytes(), "result"), sealed.keys()).dump() ==
        R"({"name":"pay.send","result":[1,"x"]})");
  CHECK(task_from_msgpack(answer_with(sealed.bytes(), "result"), "")["result"].get<std::string>() == sealed.text());
  CHECK(task_from_msgpack(answer_with("\xa2ok", "result"), "")["result"].dump() == R"("ok")");
  CHECK(task_from_msgpack(answer_with("\xa9"
                                      "cut",
                                      "result"),
                          "")["result"]
            .dump() == R"({"hex":"a9637574"})");
  CHECK_FALSE(has_sealed_arguments(answer_with(sealed.bytes(), "result")));
}

TEST_CASE("sealed arguments in an answer are known as such, whether or not a key here opens them") {
  CHECK(has_sealed_arguments(answer_with(Sealed{"\x91\x05"}.bytes())));
  CHECK_FALSE(has_sealed_arguments(answer_with("\x91\x05")));
  CHECK_FALSE(has_sealed_arguments(answer_with("\xa6sealed")));  // a text, and not in an array
  CHECK_FALSE(has_sealed_arguments("\x80"));                     // a finished task has none
}

}  // namespace sealed_text_test
