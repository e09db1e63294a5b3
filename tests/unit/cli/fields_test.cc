#include "client/cli/text/fields.h"

#include <doctest/doctest.h>

namespace forkmill::cli::fields_test {
namespace {

TEST_CASE("each field has an aligned line, empty ones are omitted, and longer ones continue below") {
  Fields fields;
  fields.add("id", std::string{"7"});
  fields.add("nothing", Cell{nullptr, ""});
  fields.add("run_time", Cell{1500, "1.5s"});
  fields.add("output", Cell{"a\nb", "a\nb\x1b"});
  CHECK(fields.render(Format::table) == "id        7\nrun time  1.5s\noutput    a\n          b\\x1b\n");
  CHECK(fields.render(Format::jsonl) == "{\"id\":\"7\",\"nothing\":null,\"run_time\":1500,\"output\":\"a\\nb\"}\n");
}

}  // namespace
}  // namespace forkmill::cli::fields_test
