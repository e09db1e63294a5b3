#include "client/cli/commands/await.h"

#include "client/cli/commands/command.h"
#include "client/cli/text/values.h"

namespace forkmill::cli {

int print_when_done(Future<RawResult> future, std::chrono::milliseconds timeout) {
  const auto bytes = (timeout.count() > 0 ? future.get_for(timeout) : future.get()).bytes;
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return print_stdout(json_from_msgpack(bytes).dump(-1, ' ', false, kReplace) + "\n");
}

}  // namespace forkmill::cli
