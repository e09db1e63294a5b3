// What becomes of a connection when this process may open no more descriptors. ZeroMQ 4.3.4 aborts the process then if
// it came by a Unix socket, and asks for it again and again without a pause if it came by TCP. Here it is taken with a
// descriptor that is kept for that, and closed: whoever it was tries again later, and everybody else is served.
//
// Done by a definition of accept4() in this program, which ZeroMQ's calls find before the C library's. It allocates
// nothing and may be called by any thread.
#pragma once

namespace forkmill::broker {

// Before anything listens.
void keep_reserve_descriptor();

}  // namespace forkmill::broker
