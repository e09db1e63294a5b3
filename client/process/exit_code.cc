#include "client/process/exit_code.h"

#include <forkmill/process.h>

#include <csignal>

namespace forkmill::client {

int exit_code_of(const std::exception_ptr& error, int last_signal) {
  if (!error) return 0;
  try {
    std::rethrow_exception(error);
  } catch (const WorkerLost& lost) {
    if (lost.signal() != 0) return -lost.signal();
    return lost.exit_code() >= 0 ? lost.exit_code() : Process::kUnknownExit;
  } catch (const RemoteError&) {
    return 1;
  } catch (const Cancelled&) {
    return last_signal != 0 ? -last_signal : -SIGTERM;
  } catch (const Timeout&) {
    return -SIGTERM;
  } catch (...) {
    return Process::kUnknownExit;
  }
}

}  // namespace forkmill::client
