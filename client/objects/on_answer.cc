#include "client/objects/on_answer.h"

#include "client/futures/log.h"

namespace forkmill::client {

void OnAnswer::run() noexcept {
  try {
    act_(static_cast<Call&>(*source).answer());
  } catch (const std::exception& error) {
    log().warn("the answer to an operation could not be used: {}", error.what());
  }
}

}  // namespace forkmill::client
