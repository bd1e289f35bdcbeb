import Foundation

/// What Prometheus' client libraries tell of a process, under the same names.
enum ProcessMetrics {
    /// Read anew with each call; empty where the system has no `/proc`.
    static var text: String {
        var lines: [String] = []
        let add = { (name: String, type: String, help: String, value: String) in
            lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)", "\(name) \(value)"]
        }
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
                $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
            }
            add(
                "process_cpu_seconds_total", "counter", "Processor time of the coordinator.",
                "\(seconds)")
        }
        if let pages = residentPages {
            add(
                "process_resident_memory_bytes", "gauge", "Resident memory of the coordinator.",
                "\(pages * sysconf(Int32(_SC_PAGESIZE)))")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static var residentPages: Int? {
        guard
            case .success(let text) = Result(catching: {
                try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            })
        else { return nil }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }
}
