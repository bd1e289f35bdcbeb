import Foundation

/// Where a process listens for connections of TCP, as the system tells.
func listeningPorts(of process: Int32) throws -> [UInt16] {
    let folder = "/proc/\(process)/fd"
    let links = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
        // A descriptor may be closed by now.
        readLink("\(folder)/\(name)")
    }
    let sockets = Set(links.filter { $0.hasPrefix("socket:[") }.map { $0.dropFirst(8).dropLast() })
    // A table of many connections that come and go leaves out lines at times: what several readings tell together counts.
    let readings = try (0..<20).map { _ in
        try String(contentsOfFile: "/proc/\(process)/net/tcp", encoding: .utf8)
    }
    let ports = readings.flatMap { table in
        table.split(separator: "\n").dropFirst().compactMap { line -> UInt16? in
            let columns = line.split(separator: " ")
            let listening = "0A"
            guard columns.count > 9, columns[3] == listening, sockets.contains(columns[9]) else {
                return nil
            }
            return columns[1].split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
        }
    }
    return Set(ports).sorted()
}

private func readLink(_ path: String) -> String? {
    var text = [CChar](repeating: 0, count: 256)
    let count = readlink(path, &text, text.count)
    return count < 0
        ? nil : String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
