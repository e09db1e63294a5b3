// Builds without libcurl.
#include <stdexcept>

#include "client/web/otlp/collector.h"

namespace forkmill::web::otlp {

std::unique_ptr<Collector> make_collector(const Settings&) {
  throw std::runtime_error{
      "this forkmill-web was built without libcurl; install libcurl4-openssl-dev and build with -DFORKMILL_OTLP=ON"};
}

}  // namespace forkmill::web::otlp
