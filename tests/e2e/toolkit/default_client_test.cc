// The client that a program shares, and local://.
#include <cstdlib>

#include "tests/e2e/toolkit/object_rig.h"

namespace forkmill::tests::default_client_test {

TEST_CASE("local:// without its library says what to do; with it, its endpoint is used") {
  CHECK(code_of([] { Client{"local://"}; }) == Errc::bad_request);
  ::unsetenv("FORKMILL_BROKER");
  try {
    default_client();
    FAIL("there is nothing to connect to");
  } catch (const Error& error) {
    CHECK(std::string{error.what()}.find("forkmill::local_main(argc, argv)") != std::string::npos);
    CHECK(std::string{error.what()}.find("FORKMILL_BROKER") != std::string::npos);
  }
  const BrokerProcess broker;
  detail::set_local_starter([&] { return broker.endpoint(); });
  const Client client{"local://"};
  CHECK(client.endpoint() == broker.endpoint());
  CHECK(default_client().endpoint() == broker.endpoint());
  CHECK(&default_client() == &default_client());
  Lock lock;  // at the default client's
  CHECK(lock.acquire(10s));
  CHECK(Queue<int>{}.empty());
  default_client().close();
  detail::set_local_starter({});
}

}  // namespace forkmill::tests::default_client_test
