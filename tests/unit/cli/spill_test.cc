#include "client/cli/map/spill.h"

#include <doctest/doctest.h>

namespace forkmill::cli::spill_test {
namespace {

Outcome outcome(const std::string& out, const std::string& err) {
  Outcome made;
  made.out = out;
  made.err = err;
  return made;
}

TEST_CASE("output beyond the budget of memory goes to a file and comes back") {
  OutputSpill spill{10};
  auto small = outcome("12345", "678");
  auto large = outcome("abcdefghijklmnopqrstuvwxyz", "ghi");
  auto other = outcome("x", "yz");
  spill.store(small);
  spill.store(large);
  spill.store(other);
  CHECK(small.out == "12345");
  CHECK(large.out.capacity() < 16);
  CHECK(spill.stored() == 2);
  spill.restore(other);
  spill.restore(large);
  spill.restore(small);
  CHECK(other.out == "x");
  CHECK(other.err == "yz");
  CHECK(large.out == "abcdefghijklmnopqrstuvwxyz");
  CHECK(large.err == "ghi");
  CHECK(spill.stored() == 0);
  auto fits = outcome("again", "");
  spill.store(fits);
  CHECK(fits.out == "again");
}

}  // namespace
}  // namespace forkmill::cli::spill_test
