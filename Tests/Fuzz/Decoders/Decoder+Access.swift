import AccessControl
import Launching
import Wire

// Who may come in, and where workers are started.

extension Decoder {
    static func enrolment(_ input: [UInt8]) -> String? {
        do throws(WireError) {
            let request = try EnrolmentRequest(serialized: input)
            let again = try EnrolmentRequest(serialized: request.serialized())
            if again != request { return "an enrolment changes when it is sent on" }
        } catch {
            if let problem = explained(error.description) { return problem }
        }
        do throws(WireError) {
            let answer = try EnrolmentAnswer(serialized: input)
            let again = try EnrolmentAnswer(serialized: answer.serialized())
            return again == answer ? nil : "an answer changes when it is sent on"
        } catch {
            return explained(error.description)
        }
    }

    static func joinToken(_ input: [UInt8]) -> String? {
        do throws(AccessError) {
            let text = String(decoding: input, as: UTF8.self)
            let token = try JoinToken(text: text, source: "token")
            let again = try JoinToken(text: token.text, source: "token")
            return again == token ? nil : "a token changes when it is written"
        } catch {
            return explained(error.description)
        }
    }

    static func accessList(_ input: [UInt8]) -> String? {
        _ = InputFolder.write(input, to: "access.jsonl")
        do throws(AccessError) {
            _ = try AccessList(directory: InputFolder.path).entries
            return nil
        } catch {
            return explained(error.description)
        }
    }

    static func hostsFile(_ input: [UInt8]) -> String? {
        do throws(HostsFile.Problem) {
            let file = try HostsFile(text: String(decoding: input, as: UTF8.self), path: "hosts")
            // A name that ssh takes for a flag would run what a file says.
            return file.hosts.allSatisfy { !$0.name.hasPrefix("-") } ? nil : "a host is a flag"
        } catch {
            return explained(error.description)
        }
    }
}
