// Support/TestSupport
