#include "client/cli/commands/await.h"

#include <unistd.h>

#include "client/cli/os/write_all.h"
#include "client/cli/text/values.h"

namespace forkmill::cli {

int print_when_done(Future<RawResult> future, std::chrono::milliseconds limit) {
  const auto bytes = (limit.count() > 0 ? future.get_for(limit) : future.get()).bytes;
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  (void)write_all(STDOUT_FILENO, json_from_msgpack(bytes).dump(-1, ' ', false, kReplace) + "\n", "standard output");
  return 0;
}

}  // namespace forkmill::cli
