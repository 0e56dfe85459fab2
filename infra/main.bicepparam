using './main.bicep'

// An example; edit it, or pass a copy: az deployment group create --parameters mine.bicepparam
param environmentName = 'prod'
param tags = {
  owner: 'marketplace-team'
}

// The names of settings, as leadshare.toml has them, and of secrets in the vault.
param vaultSettings = {
  OUR_DYNAMICS_CLIENT_SECRET: 'our-dynamics-client-secret'
  SELLER_DESK_SECRET: 'seller-desk-secret'
}

// What listings post to, once intake is there: its output intakeUrl. It is proven to work every hour.
// param intakeUrl = 'https://<host name of intake>/api/leads'

param alertEmails = [
  'marketplace@contoso.example'
]
param runbooks = 'https://github.com/contoso/leadshare/blob/main/docs/runbooks'

// A test from outside asks intakeUrl, and costs about 9 dollars a month:
// param testsFromOutside = true

// A budget begins with the month that it is made in, and keeps that day for good:
// param monthlyBudget = 50
// param budgetStart = 'yyyy-MM-01'

// Locks are made by an Owner, or by a User Access Administrator:
// param isLocked = true
