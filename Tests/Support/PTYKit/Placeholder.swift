// Support/PTYKit
