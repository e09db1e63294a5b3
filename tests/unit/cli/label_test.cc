#include "client/cli/text/label.h"

#include <doctest/doctest.h>

#include "client/cli/text/values.h"

namespace label_test {

using namespace forkmill::cli;

TEST_CASE("the label of a command is one line of at most 128 bytes that ends with a whole character") {
  CHECK(command_label("echo hi") == "echo hi");
  CHECK(command_label("a\nb\tc\x7f") == "a b c ");
  CHECK(command_label(std::string(128, 'x')) == std::string(128, 'x'));
  CHECK(command_label(std::string(129, 'x')) == std::string(125, 'x') + "…");
  CHECK(command_label(std::string(124, 'x') + "ääääää") == std::string(124, 'x') + "…");
}

TEST_CASE("a command line is the line of a shell, or the quoted words") {
  CHECK(command_line({"ls | wc -l"}, true) == "ls | wc -l");
  CHECK(command_line({"printf", "a b"}, false) == "printf 'a b'");
}

TEST_CASE("the label of a task that runs a command is that command, and other tasks have none") {
  const auto packed = [](const char* json) { return msgpack_from_json(nlohmann::ordered_json::parse(json)); };
  CHECK(label_of_task("forkmill.exec", packed(R"([[["echo","hi there"],"",{},"/",false,1000]])")) == "echo 'hi there'");
  CHECK(label_of_task("forkmill.exec", packed(R"([[["echo $HOME"],"",{},"/",true,1000]])")) == "echo $HOME");
  CHECK(label_of_task("forkmill.exec", packed("[5]")).empty());
  CHECK(label_of_task("forkmill.exec", "").empty());
  CHECK(label_of_task("mail.send", packed("[5]")).empty());
}

}  // namespace label_test
