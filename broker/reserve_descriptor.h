// The reserve descriptor: keeps the broker running when its descriptor table is full and another connection arrives.
// ZeroMQ 4.3.4 aborts the process if the connection comes through a Unix socket, and retries accept4() without a pause
// if it comes through TCP. Here the reserve descriptor is released to accept the connection, which is then closed: that
// peer tries again later, and all other peers are served.
//
// The program defines accept4() itself; ZeroMQ's calls find it before the C library's. It allocates nothing, and any
// thread may call it.
#pragma once

namespace forkmill::broker {

// Opens the reserve descriptor. Call before anything listens.
void keep_reserve_descriptor();

}  // namespace forkmill::broker
