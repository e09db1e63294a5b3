#include "client/web/http/work_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

namespace forkmill::web::work_pool_test {
namespace {

TEST_CASE("jobs beyond the limit are refused while the threads are busy") {
  WorkPool pool{1, 2};
  std::promise<void> begun;
  std::promise<void> end;
  std::atomic<int> done = 0;
  REQUIRE(pool.add([&] {
    begun.set_value();
    end.get_future().wait();
  }));
  begun.get_future().wait();  // the thread is busy, and no job waits
  CHECK(pool.add([&] { ++done; }));
  CHECK(pool.add([&] { ++done; }));
  CHECK(!pool.add([&] { ++done; }));
  end.set_value();
  pool.stop();
  CHECK(done == 2);
  CHECK(!pool.add([&] { ++done; }));
}

}  // namespace
}  // namespace forkmill::web::work_pool_test
