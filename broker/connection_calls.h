// Connection calls: the program defines accept4(), recv() and close() itself, and ZeroMQ's calls find these before the
// C library's. ZeroMQ 4.3.4 has no limit on connections, on time without a message or on the frames of one message, and
// no call that ends one connection; here proto::ConnectionTable decides whether a connection is accepted, and is told
// what it sends. Descriptors that are not accepted connections pass through.
//
// The reserve descriptor keeps the broker running when its descriptor table is full and another connection arrives.
// ZeroMQ 4.3.4 aborts the process if the connection comes through a Unix socket, and retries accept4() without a pause
// if it comes through TCP. Here the reserve descriptor is released to accept the connection, which is then closed: that
// peer tries again later, and all other peers are served.
//
// Any thread may make these calls.
#pragma once

#include <cstdint>

namespace forkmill::broker {

// Opens the reserve descriptor. Call before anything listens.
void keep_reserve_descriptor();

// Limits connections from now on, to as many as the process may have descriptors, and what they send to a share of
// `memory`, the bytes that the process may have. Call before anything listens.
void limit_connections(std::uint64_t memory);

}  // namespace forkmill::broker
