import Glibc

/// Hands inputs of libFuzzer to the decoder that `LOCKSTEP_FUZZ_DECODER` names. With `LOCKSTEP_FUZZ_SEEDS` the decoder's
/// sound inputs are written to that folder, and nothing more is done.
@main
enum Fuzzer {
    private static let decoder: Decoder = {
        guard let decoder = variable("LOCKSTEP_FUZZ_DECODER").flatMap(Decoder.init) else {
            print("set LOCKSTEP_FUZZ_DECODER to one of:")
            for decoder in Decoder.allCases { print(decoder.rawValue) }
            exit(2)
        }
        return decoder
    }()

    static func main() {
        if let folder = variable("LOCKSTEP_FUZZ_SEEDS") {
            for (index, seed) in Seeds.of(decoder).enumerated() {
                InputFolder.write(seed, as: "\(folder)/seed-\(index)")
            }
            return
        }
        // Before libFuzzer takes every end of the program for a finding.
        _ = decoder
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        let status = runDriver(&count, &arguments) { bytes, count in
            let input = Array(UnsafeBufferPointer(start: bytes, count: count))
            if let problem = Fuzzer.decoder.take(input) { fatalError(problem) }
            return 0
        }
        exit(status)
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// libFuzzer's own entry for programs that bring their `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
