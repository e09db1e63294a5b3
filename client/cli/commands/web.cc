// forkmill web: starts the HTTP gateway (client/web/).
#include "client/cli/commands/web_options.h"

#include "client/cli/commands/command.h"
#include "client/cli/commands/connection.h"

namespace forkmill::cli {

namespace {

constexpr const char* kWebFooter =
    R"(Serves web pages at /, /healthz, /readyz, /metrics for Prometheus, and an HTTP API at /api/v1, which is
described by /api/v1/openapi.json. Prints its URL when it listens, and runs until Ctrl-C. While the broker
is away, it answers 503 and connects again.

Without --token-file, it serves the user who has started it and root; other users of this machine may
read /metrics. With it, each request needs the header Authorization: Bearer SECRET, and pages ask for the
secret. A line of the file is SECRET or USER SECRET; only its owner may read it.

With --tls-cert and --tls-key, it serves https, by TLS 1.2 and 1.3. The files are read at the start.

With --otlp-endpoint, it sends the spans of tasks in batches of OTLP/HTTP with JSON, as the variables
OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_CERTIFICATE, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES
say. Give it to one gateway of a cluster only.

Examples:
  forkmill web
  forkmill web --listen 0.0.0.0:7118 --token-file /etc/forkmill/web-tokens --read-only
  forkmill web --tls-cert /etc/forkmill/web.crt --tls-key /etc/forkmill/web.key
  forkmill web --otlp-endpoint http://localhost:4318
  curl -s http://127.0.0.1:7118/api/v1/status

Exit status: 0 stopped by a signal; 1 it cannot listen, or the audit log cannot be written; 2 wrong usage.)";

}  // namespace

void add_web(const Program& program) {
  auto* command = program.app.add_subcommand("web", "Serve web pages, an HTTP API and metrics of a broker");
  auto options = std::make_shared<WebOptions>();
  command->footer(kWebFooter);
  command
      ->add_option("--listen", options->listen,
                   "Address and port, beyond this machine only with --token-file; port 0 is any free one [default: " +
                       options->listen + "]")
      ->type_name("HOST:PORT");
  command->add_option("--token-file", options->token_file, "File with the tokens of the users")->type_name("FILE");
  auto* certificate =
      command
          ->add_option("--tls-cert", options->tls_cert, "Serve TLS with this certificate chain (PEM); with --tls-key")
          ->type_name("FILE");
  auto* key = command
                  ->add_option("--tls-key", options->tls_key,
                               "File of the private key of the certificate (PEM), which other users must not read")
                  ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command->add_flag("--read-only", options->read_only, "Refuse all changes");
  command
      ->add_option("--audit-log", options->audit_log,
                   "File to which each change is appended as lines of JSON [default: stderr]")
      ->type_name("FILE");
  command->add_option("--host", options->hosts, "Host header that a proxy sends to this gateway; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      ->add_option("--user-header", options->user_header,
                   "Header in which a proxy names the user that it has authenticated, for the audit log: "
                   "X-Forwarded-User, X-Auth-Request-User, X-Remote-User or Remote-User")
      ->type_name("NAME");
  command
      ->add_option("--otlp-endpoint", options->otlp_endpoint,
                   "Send spans of traced tasks to this collector of OpenTelemetry, below v1/traces, such as "
                   "http://localhost:4318 [env: OTEL_EXPORTER_OTLP_ENDPOINT]")
      ->type_name("URL");
  command->add_flag("--otlp-all-tasks", options->otlp_all_tasks,
                    "Send spans of tasks without a traceparent as well, each in a trace with the id of the task");
  add_connection_options(*command, program.connection);
  command->callback([program, options] {
    program.action = [program, options] {
      options->connection = with_login(program.connection);
      return program.serve_web(*options);
    };
  });
}

}  // namespace forkmill::cli
