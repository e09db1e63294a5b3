#include "client/web/api/division.h"

#include <chrono>

#include "client/cli/text/answers.h"
#include "client/web/http/failure.h"

namespace forkmill::web {

Json division_of(const Json& status, const std::function<Json()>& ask) {
  if (!cli::value_of(status, "shards").is_array()) return Json();
  try {
    return ask();
  } catch (const Failure&) {  // no answer in time
    return Json();
  } catch (const Error& error) {
    if (error.code() != Errc::bad_request && error.code() != Errc::database_unavailable) throw;
    return Json();
  }
}

Json division_of(Broker& broker, const Json& status) {
  constexpr std::chrono::seconds kWait{1};
  return division_of(status, [&] { return broker.ask_within(QueryKind::shards, kWait); });
}

}  // namespace forkmill::web
