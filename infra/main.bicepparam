using './main.bicep'

// An example. Copy it, and pass the copy: az deployment group create --parameters mine.bicepparam
param environmentName = 'prod'
param tags = {
  owner: 'marketplace-team'
}

// The names of settings, as leadshare.toml has them, and of secrets in the vault.
param vaultSettings = {
  OUR_DYNAMICS_CLIENT_SECRET: 'our-dynamics-client-secret'
  SELLER_DESK_SECRET: 'seller-desk-secret'
}

// Empty until the secret identity-key is in the vault: docs/deploy.md.
param identityKeyVersion = ''

param monthlyBudget = 50
param budgetStart = '2027-01-01'
param alertEmails = [
  'marketplace@contoso.example'
]
param runbooks = 'https://github.com/contoso/leadshare/blob/main/docs/runbooks'
param isLocked = true
