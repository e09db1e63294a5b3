// local://: a broker and processes of this program's own, started at the first use and ended with it.
//
//     double add(double a, double b) { return a + b; }
//     const forkmill::Registered kAddHere{kAdd, add};            // what the processes can run
//
//     int main(int argc, char** argv) {
//       forkmill::local_main(argc, argv);                        // the first line
//       forkmill::Pool pool{{.processes = 4}};                   // no broker, no worker, no set-up
//       std::cout << pool.apply(kAdd, 2.0, 3.0) << "\n";
//     }
//
// A process that has threads must not be forked, and a client is a thread. So local_main() forks a process that does
// nothing (the zygote) before there are any; at the first use of local:// that one forks a broker, which keeps
// everything in memory and listens in a temporary directory that only this user can enter, and a worker. The processes
// know the functions that were registered before local_main(): at namespace scope (forkmill::Registered,
// forkmill::RegisteredProcess), in `prepare`, or in main() before it.
//
//     program ─┄ zygote ─┬─ broker                      used by Client{"local://"}, and by default_client(), Pool,
//                        └─ worker ─┬─ child             Process, Queue … unless FORKMILL_BROKER says otherwise
//                                   └─ processes, pools
//
// All of it ends with the program, however that ends, and leaves no file. wait() does not see the zygote, but
// waitpid() with __WALL does. It keeps open what was open when it was made; an exec() of the program ends it.
#pragma once

#include <forkmill/client.h>
#include <forkmill/worker.h>

#include <functional>

namespace forkmill {

// Call it once, in main(), before anything else. Throws Error{bad_request} when there are threads already or it was
// called before, std::system_error when nothing can be forked. Costs less than a millisecond.
//
// `prepare` runs in the worker's process: handlers that take a Context, functions to run in each child first.
void local_main(int argc, char** argv, std::function<void(Worker&)> prepare = {});

}  // namespace forkmill
