// local://: a broker and processes of this program's own, started at the first use and ended with the program. No
// set-up, no other program.
//
//     double add(double a, double b) { return a + b; }
//     const forkmill::Registered kAddHere{kAdd, add};            // a function that the processes can run
//
//     int main(int argc, char** argv) {
//       forkmill::local_main(argc, argv);                        // the first line
//       forkmill::Pool pool{{.processes = 4}};
//       std::cout << pool.apply(kAdd, 2.0, 3.0) << "\n";
//     }
//
// Link forkmill::local. local_main() takes the place of Python's `if __name__ == "__main__":` and set_start_method().
//
// A process that has threads must not be forked, and a client has threads. So local_main() forks a process that does
// nothing (the zygote) before there are any. At the first use of local:// the zygote forks a broker, which keeps
// everything in memory and listens in a temporary directory that only this user can enter, and a worker. The processes
// know the functions that were registered before local_main(): at namespace scope (forkmill::Registered,
// forkmill::RegisteredProcess), in main() before it, or in `prepare`. They see the program's global variables as they
// were at local_main(): pass everything else as an argument.
//
//     program ─┄ zygote ─┬─ broker                      used by Client{"local://"}, and by default_client(), Pool,
//                        └─ worker ─┬─ child             Process, Queue … unless FORKMILL_BROKER names another
//                                   └─ processes, pools
//
// All of it ends with the program, however that comes, also by SIGKILL, and leaves no process and no file behind. What
// processes have flushed to stdout and stderr comes out. At its normal end the program first waits for the tasks that
// it has submitted (LocalOptions). A broker or a worker that dies is started again; the tasks and objects of a broker
// that died are lost. If the zygote is killed, all of it ends: waits end with Disconnected, and so do later calls. A
// function that is not registered is RemoteError{unknown_task} at once. wait() does not see the zygote, waitpid() with
// __WALL does. The zygote keeps open the descriptors that were open when it was made; an exec() of the program ends it.
#pragma once

#include <forkmill/client.h>
#include <forkmill/worker.h>

#include <functional>

namespace forkmill {

// The tasks that were submitted at local:// (Client::submit) and have not ended when the program does, by a return from
// main() or exit(). Pools and processes have rules of their own: pool.h, process.h.
enum class AtExit {
  wait,  // the program waits for them, as for an executor; after a second it prints a note to stderr. A callback
         // runs only if its client still lives when the result comes: what then() would have submitted later is not
  drop,  // the tasks are lost; the program says on stderr how many
};

// Options of local_main(), by designated initializers. Plain values.
struct LocalOptions {
  // The treatment of tasks that nothing has waited for.
  AtExit at_exit = AtExit::wait;
};

// Makes local:// available. Call it once, in main(), before anything else that could start a thread. Takes less than a
// millisecond and does not block.
//
// argc and argv: those of main(); not changed. options: see LocalOptions. prepare: called in the worker's process when
// that starts, to register handlers that take a Context (Worker::on) and functions to run in each child first
// (Worker::on_child_start).
//
// Throws Error{bad_request} if the program has threads already, or if it was called before; std::system_error if
// nothing can be forked. Errors of the start of broker or worker come at the first use of local://.
void local_main(int argc, char** argv, std::function<void(Worker&)> prepare = {}, LocalOptions options = {});

}  // namespace forkmill
